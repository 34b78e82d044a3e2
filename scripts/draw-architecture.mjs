// Draws docs/architecture.svg from the imports of the sources: packages, the folders of the larger ones, and an arrow for every dependency
// that does not follow from others. `--check` fails if the committed picture is not what the sources say.
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, 'docs', 'architecture.svg');

/** Rows from top to bottom. A box is a package, or a folder of a package where the inside matters. */
const rows = [
  [
    { id: 'millrace', title: 'millrace', note: 'one import' },
    { id: 'testing', title: '@millrace/testing', note: 'TopologyTestDriver, suites' },
    { id: 'embedded-kafka', title: '@millrace/embedded-kafka', note: 'a cluster in the process' },
  ],
  [
    { id: 'core/runtime', title: 'core/runtime', note: 'run loop, tasks, restore, commit' },
    { id: 'kafka/client', title: 'kafka/client', note: 'reader, group, producer, admin' },
  ],
  [
    { id: 'core/dsl', title: 'core/dsl', note: 'StreamsBuilder, KStream, KTable' },
    { id: 'core/engine', title: 'core/engine', note: 'task, queues, collector' },
    { id: 'kafka/wire', title: 'kafka/wire', note: 'kafkajs, platformatic' },
  ],
  [
    { id: 'core/topology', title: 'core/topology', note: 'graph, names, compile, describe' },
    { id: 'kafka/protocol', title: 'kafka/protocol', note: 'messages as data, record batches' },
  ],
  [{ id: 'core/operators', title: 'core/operators', note: 'one file an operator' }],
  [{ id: 'core/stores', title: 'core/stores', note: 'typed faces, entry table' }],
  [
    { id: 'state', title: '@millrace/state', note: 'engines, directories, locks' },
    { id: 'core/processor', title: 'core: processor, record, serde', note: 'what flows, and who touches it' },
  ],
  [{ id: 'core/kafka', title: 'core/kafka', note: 'the client port, fetched records' }],
  [{ id: 'core', title: 'core: errors, headers, time, log, metrics', note: 'plain values' }],
];
/** Parts that are drawn as one with another: they know each other. An import of a package's root is one of what it is used for. */
const sharedBoxes = {
  'core/record': 'core/processor',
  'core/serde': 'core/processor',
  'core/windows': 'core/processor',
  'core/index': 'core/dsl',
};
const boxes = new Map(rows.flat().map((box) => [box.id, box]));

function* sources(folder) {
  for (const name of readdirSync(folder).sort((a, b) => (a < b ? -1 : 1))) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* sources(path);
    else if (name.endsWith('.ts')) yield path;
  }
}

/** The box that a source file lies in: the most exact one that is drawn. */
function boxOf(file) {
  const [, name, , ...rest] = relative(root, file).split(sep);
  const folder = rest.length > 1 ? `${name}/${rest[0]}` : `${name}/${rest[0].replace(/\.ts$/, '')}`;
  const box = sharedBoxes[folder] ?? folder;
  if (boxes.has(box)) return box;
  return boxes.has(name) ? name : undefined;
}

function packageFile(specifier) {
  const match = /^(?:@millrace\/)?([a-z-]+)(?:\/(.+))?$/.exec(specifier);
  if (match === null || (!specifier.startsWith('@millrace/') && specifier !== 'millrace')) return undefined;
  const manifest = join(root, 'packages', match[1], 'package.json');
  if (!existsSync(manifest)) return undefined;
  const entry = JSON.parse(readFileSync(manifest, 'utf8')).exports[match[2] === undefined ? '.' : `./${match[2]}`];
  return entry === undefined ? undefined : join(dirname(manifest), entry['@millrace/source']);
}

const edges = new Set();
for (const name of readdirSync(join(root, 'packages')).sort((a, b) => (a < b ? -1 : 1))) {
  for (const file of sources(join(root, 'packages', name, 'src'))) {
    const from = boxOf(file);
    // An index only lists names; its imports would tie every folder to the entry point.
    if (from === undefined || (file.endsWith(`src${sep}index.ts`) && name !== 'millrace')) continue;
    for (const [, specifier] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
      const imported = specifier.startsWith('.') ? resolve(dirname(file), specifier) : packageFile(specifier);
      let to = imported === undefined ? undefined : boxOf(imported);
      // An import of a package's root is one of the package, drawn at its uppermost box.
      if (to === undefined && imported !== undefined)
        to = [...boxes.keys()].find((id) => id.startsWith(`${relative(root, imported).split(sep)[1]}/`));
      if (to !== undefined && to !== from) edges.add(`${from}>${to}`);
    }
  }
}

/** True if `to` can be reached from `from` over at least one other box. */
function followsFromOthers(from, to) {
  const seen = new Set([from]);
  const next = [...edges].map((edge) => edge.split('>')).filter(([start, end]) => start === from && end !== to);
  for (const [, at] of next) {
    if (at === to) return true;
    if (seen.has(at)) continue;
    seen.add(at);
    for (const edge of edges) if (edge.startsWith(`${at}>`)) next.push(edge.split('>'));
  }
  return false;
}
const drawnEdges = [...edges].filter((edge) => !followsFromOthers(...edge.split('>'))).sort((a, b) => (a < b ? -1 : 1));

const width = 960;
const rowHeight = 86;
const boxHeight = 48;
const place = new Map();
rows.forEach((row, y) => {
  const slot = width / row.length;
  const boxWidth = Math.min(slot - 32, row.length === 1 ? 420 : 300);
  row.forEach((box, x) => place.set(box.id, { x: slot * x + (slot - boxWidth) / 2, y: 16 + y * rowHeight, width: boxWidth, row: y }));
});

const arrows = drawnEdges
  .map((edge) => edge.split('>').map((id) => place.get(id)))
  .map(([from, to], index) => {
    const spread = ((index * 37) % 11) * 6 - 30;
    const [x1, x2] = [from.x + from.width / 2 + spread, to.x + to.width / 2 + spread];
    if (from.row === to.row) {
      const right = from.x < to.x;
      const y = from.y + boxHeight / 2;
      return `<path class="edge" d="M${right ? from.x + from.width : from.x},${y} L${right ? to.x : to.x + to.width},${y}"/>`;
    }
    const down = from.row < to.row;
    const [y1, y2] = [down ? from.y + boxHeight : from.y, down ? to.y : to.y + boxHeight];
    const bend = (y2 - y1) / 2;
    return `<path class="edge${down ? '' : ' up'}" d="M${x1},${y1} C${x1},${y1 + bend} ${x2},${y2 - bend} ${x2},${y2}"/>`;
  });

const drawn = rows.flat().map((box) => {
  const at = place.get(box.id);
  const kind = box.id.split('/')[0];
  return [
    `<g class="${kind}"><rect x="${at.x}" y="${at.y}" width="${at.width}" height="${boxHeight}" rx="6"/>`,
    `<text class="title" x="${at.x + at.width / 2}" y="${at.y + 20}">${box.title}</text>`,
    `<text class="note" x="${at.x + at.width / 2}" y="${at.y + 37}">${box.note}</text></g>`,
  ].join('');
});

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${rows.length * rowHeight}" font-family="system-ui, sans-serif">
<title>Who imports whom, drawn from the sources by scripts/draw-architecture.mjs</title>
<style>
rect { fill: #eef3fb; stroke: #46618f; } .core rect { fill: #f4f7ee; stroke: #5d7a35; } .kafka rect, .embedded-kafka rect { fill: #fbf3ea; stroke: #9a6a2b; }
.state rect { fill: #f6eefa; stroke: #7a4b94; } .title { font-size: 14px; font-weight: 600; text-anchor: middle; fill: #222; }
.note { font-size: 12px; text-anchor: middle; fill: #555; } .edge { fill: none; stroke: #8a8f98; stroke-opacity: 0.55; marker-end: url(#head); } .up { stroke: #c0392b; }
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#8a8f98"/></marker></defs>
<rect width="100%" height="100%" style="fill:#fff;stroke:none"/>
${arrows.join('\n')}
${drawn.join('\n')}
</svg>
`;

if (process.argv.includes('--check')) {
  if (!existsSync(target) || readFileSync(target, 'utf8') !== svg) {
    console.error('docs/architecture.svg is not what the sources say: run `npm run architecture`.');
    process.exit(1);
  }
} else {
  writeFileSync(target, svg);
  console.log(`${relative(root, target)}: ${boxes.size} boxes, ${edges.size} dependencies, ${drawnEdges.length} drawn`);
}
