// Everything that must hold before a change lands, as a newcomer's machine would do it: install from the lock file, format, lint,
// types, build, package checks, the tests of the README, a selection of them on the current LTS of Node, the tests on a real broker.
// The last line states what ran: `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const reports = mkdtempSync(join(tmpdir(), 'millrace-ci-'));
const bin = (name) => join(root, 'node_modules', '.bin', name);
const node = process.execPath;
const vitest = [node, join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run'];

/** The current LTS of Node, brought by npm's `node` package: what most users run. Node 20 runs everything. */
const ltsNode = ['npm', 'exec', '--yes', '--package=node@24', '--', 'node'];
const ltsSelection = ['packages/core', 'packages/state', 'packages/kafka/test/protocol', 'packages/testing'];

let passed = 0;
let failed = 0;
const failures = [];

function step(title, command, { report } = {}) {
  console.log(`\n── ${title}`);
  const started = process.hrtime.bigint();
  const file = report === undefined ? undefined : join(reports, `${report}.json`);
  const [program, ...args] =
    file === undefined ? command : [...command, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const result = spawnSync(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  console.log(
    `── ${title}: ${result.status === 0 ? 'ok' : `failed (${result.status ?? result.signal ?? result.error})`} after ${seconds.toFixed(0)} s`,
  );
  if (file !== undefined) count(title, file);
  if (result.status !== 0) failures.push(title);
  return result.status === 0;
}

/** Adds up what vitest's JSON report says; a report that is not there is a failure of its own. */
function count(title, file) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    passed += report.numPassedTests;
    failed += report.numFailedTests;
    if (report.numTotalTests === 0) failures.push(`${title}: no tests`);
  } catch (error) {
    failures.push(`${title}: no report (${error.message})`);
  }
}

const ready = step('install from the lock file', [node, 'scripts/run.mjs', 'install']);
if (ready) {
  step('format', [bin('oxfmt'), '--check', '.']);
  if (step('build', [node, 'scripts/run.mjs', 'build'])) {
    step('lint, with types and layers', [bin('oxlint'), '--type-aware', '--deny-warnings']);
    step('types of tests, benchmarks and examples', [bin('tsc'), '-p', 'tsconfig.test.json']);
    step('unused files, exports and dependencies', [bin('knip')]);
    step('the picture of the architecture', [node, 'scripts/draw-architecture.mjs', '--check']);
    step('packages as they would be published', [node, 'scripts/check-packages.mjs']);
    step('npm test', ['npm', 'test', '--'], { report: 'test' });
    step('a selection on the current LTS of Node', [...ltsNode, ...vitest.slice(1), ...ltsSelection], { report: 'lts' });
    step('npm start', ['npm', 'start', '--silent', '--', '--plain']);
    step('tests on a real broker', [...vitest, '--config', 'vitest.broker.config.ts'], { report: 'broker' });
  }
}
rmSync(reports, { recursive: true, force: true });

if (failures.length > 0) console.log(`\nFailed: ${failures.join(', ')}`);
// A step that failed without a failing test still counts: the closing line must not look green.
console.log(`\n${passed} passed, ${Math.max(failed, failures.length)} failed`);
process.exit(failures.length === 0 && failed === 0 ? 0 : 1);
