/** docs/coming-from-kafka-streams.md names every public method of Kafka Streams 4.3, and nothing of ours that does not exist. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const rows = readFileSync(join(root, 'docs', 'coming-from-kafka-streams.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));

/** `` `Class#first`, `#second` `` as `Class#first`, `Class#second`. */
function namesIn(cell: string): readonly string[] {
  const spans = [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '');
  const owner = spans[0]?.split('#')[0] ?? '';
  return spans.map((name) => (name.startsWith('#') ? owner + name : name));
}

test('every public method of Kafka Streams has one row, with our name or the reason why there is none', () => {
  const java = readFileSync(new URL('kafka-streams-4.3-api.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

  expect(rows.flatMap(([, cell]) => namesIn(cell ?? '')).sort()).toEqual([...java].sort());
  // A dash alone is no reason.
  expect(rows.filter(([, , ours]) => (ours ?? '').replace('—', '').trim() === '')).toEqual([]);
});

test('what the page calls ours is in the sources', () => {
  const sources = ['core', 'testing', 'millrace', 'state', 'kafka'].flatMap((name) => {
    const folder = join(root, 'packages', name, 'src');
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(folder, file), 'utf8'));
  });
  const declaring = (type: string): readonly string[] =>
    sources.filter((text) => new RegExp(`export (?:abstract )?(?:class|interface|type|const) ${type}\\b`).test(text));

  const members = rows.flatMap(([, , ours]) => [...(ours ?? '').matchAll(/`([A-Z]\w+)\.(\w+)/g)]);
  const unknown = members.filter(([, type, member]) => !declaring(type ?? '').some((text) => new RegExp(`\\b${member}\\b`).test(text)));

  expect(members.length).toBeGreaterThan(100);
  expect(unknown.map(([span]) => span)).toEqual([]);
});
