// Runs the project's commands on a machine that has Node and npm and nothing else: installs what the lock file names, builds,
// and hands over. Plain JavaScript without imports from outside Node, because it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules', '.millrace-installed');
const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const usage = `Usage: node scripts/run.mjs COMMAND [ARGUMENT…]

  start        install, build, run the word count on an embedded Kafka (or on KAFKA_BROKERS);
               --list names the other examples, start NAME runs one
  test         install, build, run every test that needs no broker from outside
  test:broker  install, build, run the tests on a real broker (Java and Maven, or KAFKA_BROKERS)
  cases        install, build, run case files against Kafka Streams' recorded results
  fuzz         install, build, compare made-up cases with a Kafka Streams that answers them
  agreement    install, build, compare runs of made-up cases: with and without restarts, driver and application
  mutate       install, build, put small faults into core and see whether the tests notice
  build        install, build
  install      install what the lock file names
`;

/** Runs a command to its end in the foreground; ends this process with its status if that is not 0. */
function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) throw result.error;
  if (result.signal) process.kill(process.pid, result.signal);
  if (result.status !== 0) process.exit(result.status ?? 1);
}

function manifests() {
  const nested = ['packages', 'examples'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(root, folder, name, 'package.json')),
  );
  return [join(root, 'package.json'), join(root, 'tests', 'package.json'), join(root, 'bench', 'package.json'), ...nested].filter((file) =>
    existsSync(file),
  );
}

/** Names of the examples that can be run, with what they do. */
function examples() {
  const folders = readdirSync(join(root, 'examples')).filter((name) => existsSync(join(root, 'examples', name, 'src', 'main.ts')));
  const runnable = folders.filter((name) => name !== 'stage');
  return new Map(
    runnable.map((name) => [name, JSON.parse(readFileSync(join(root, 'examples', name, 'package.json'), 'utf8')).description]),
  );
}

/** What an installation depends on: the lock file, the manifests, and the version of Node (native modules). */
function fingerprint() {
  const hash = createHash('sha256').update(process.version).update(packageManager);
  for (const file of [join(root, 'pnpm-lock.yaml'), ...manifests()]) hash.update(readFileSync(file));
  return hash.digest('hex');
}

function install() {
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error('Installing what pnpm-lock.yaml names …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  run(
    npm,
    [
      'exec',
      '--yes',
      `--package=${packageManager}`,
      '--',
      'pnpm',
      'install',
      '--frozen-lockfile',
      '--reporter=append-only',
      '--loglevel=warn',
    ],
    {
      // Standard output belongs to the command that follows.
      stdio: ['inherit', 2, 'inherit'],
    },
  );
  writeFileSync(stamp, wanted);
}

function build() {
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b']);
}

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const [command, ...args] = process.argv.slice(2);

switch (command) {
  case 'install':
    install();
    break;
  case 'build':
    install();
    build();
    break;
  case 'start': {
    const named = args[0] !== undefined && !args[0].startsWith('-');
    const example = named ? args[0] : 'word-count';
    const known = examples();
    if (args[0] === '--list' || !known.has(example)) {
      const list = [...known].map(([name, about]) => `  ${name.padEnd(20)}${about}`).join('\n');
      if (args[0] !== '--list') console.error(`There is no example "${example}".`);
      console.log(`npm start -- NAME runs one of these; without a name the word count.\n\n${list}`);
      process.exit(args[0] === '--list' ? 0 : 2);
    }
    install();
    build();
    run(process.execPath, [join(root, 'examples', example, 'dist', 'main.js'), ...(named ? args.slice(1) : args)]);
    break;
  }
  case 'test':
    install();
    build();
    run(process.execPath, [vitest, 'run', ...args]);
    break;
  case 'test:broker':
    install();
    build();
    run(process.execPath, [vitest, 'run', '--config', 'vitest.broker.config.ts', ...args]);
    break;
  case 'cases':
    install();
    build();
    run(process.execPath, [join(root, 'tests', 'cases', 'dist', 'main.js'), ...args], { cwd: process.env.INIT_CWD ?? process.cwd() });
    break;
  case 'fuzz':
    install();
    build();
    run(process.execPath, [join(root, 'tests', 'fuzz', 'dist', 'main.js'), ...args], { cwd: process.env.INIT_CWD ?? process.cwd() });
    break;
  case 'agreement':
    install();
    build();
    run(process.execPath, [join(root, 'tests', 'agreement', 'dist', 'main.js'), ...args], { cwd: process.env.INIT_CWD ?? process.cwd() });
    break;
  case 'mutate':
    install();
    build();
    run(process.execPath, [join(root, 'tests', 'mutation', 'dist', 'main.js'), ...args], { cwd: process.env.INIT_CWD ?? process.cwd() });
    break;
  default:
    console.error(usage);
    process.exit(command === undefined || command === '--help' || command === '-h' ? 0 : 2);
}
