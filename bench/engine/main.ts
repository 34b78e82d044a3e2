/**
 * The engine alone: one task over all sub-topologies, fed with real record batches, writing real record batches. No broker, no runtime. Prints a JSON line a round, or, with
 * `--peer`, how it compares with another engine.
 */
import { parseArgs } from 'node:util';
import { compare } from './compare.ts';
import { Input } from './input.ts';
import { type RoundOptions, runRound } from './round.ts';
import { workload, type Workload, workloads } from './workloads.ts';

const usage = `Usage: node bench/dist/engine/main.js [OPTION…] [WORKLOAD…]

Runs workloads (default: all) through one task and checks what comes out. Workloads:
  ${workloads.map(({ name }) => name).join(' ')}

  --state memory|rocksdb      engine below the stores, in-memory or persistent (default memory)
  --records N, --keys N       size of the input (default: the workload's)
  --rounds N                  how often, in one process (default 3)
  --cache-bytes N             record cache (default 0)
  --read-cache-bytes N        rows kept for reading (default 64 MiB)
  --unchecked                 do not check the output
  --help                      this text

  --peer COMMAND              compare with another engine, by turns, in memory and on disk unless --state says which. COMMAND is started as
                              COMMAND core TOPOLOGY memory|persistent RECORDS KEYS ROUNDS and prints a JSON line a round with "in_per_s" and "out".
                              The rounds of each process but the last two are its warm-up (default 4 rounds)
  --turns N                   processes of each engine a workload (default 3)`;

async function measure(subject: Workload, rounds: number, options: RoundOptions, unchecked: boolean): Promise<void> {
  const { name, records, keys } = subject;
  const input = new Input(subject);
  const slices = input.slices();
  for (let round = 1; round <= rounds; round++) {
    const { seconds, cpuSeconds, output } = await runRound(subject, slices, options, false);
    const inPerS = Math.round(records / seconds);
    const inPerCpuS = Math.round(records / cpuSeconds);
    const out = output.partition('out', 0).appended;
    console.log(JSON.stringify({ workload: name, state: options.state, records, keys, round, inPerS, inPerCpuS, out }));
  }
  if (unchecked) return;
  // Once more, unmeasured, looking at what comes out.
  const { output } = await runRound(subject, slices, options, true);
  const { outputs } = output.partition('out', 0);
  if (outputs === undefined) throw new Error('a checked round keeps its outputs');
  const expected = subject.expect(input);
  if (subject.lastOnly) outputs.expectLast(expected);
  else outputs.expectAll(expected);
  console.log(JSON.stringify({ workload: name, state: options.state, check: 'right' }));
}

function stateOf(text: string): RoundOptions['state'] {
  if (text === 'memory' || text === 'rocksdb') return text;
  throw new Error(`There is no state ${text}: choose memory or rocksdb.`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      state: { type: 'string' },
      records: { type: 'string' },
      keys: { type: 'string' },
      rounds: { type: 'string' },
      unchecked: { type: 'boolean', default: false },
      'cache-bytes': { type: 'string', default: '0' },
      'read-cache-bytes': { type: 'string', default: String(64 << 20) },
      peer: { type: 'string' },
      turns: { type: 'string', default: '3' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const names = positionals.length > 0 ? positionals : workloads.map(({ name }) => name);
  const subjects = names.map((name) => {
    const subject = workload(name);
    return { ...subject, records: Number(values.records ?? subject.records), keys: Number(values.keys ?? subject.keys) };
  });
  if (values.peer !== undefined) {
    const states = values.state === undefined ? (['memory', 'rocksdb'] as const) : [stateOf(values.state)];
    await compare(values.peer, subjects, states, Number(values.rounds ?? 4), Number(values.turns));
    return;
  }
  const options: RoundOptions = {
    state: stateOf(values.state ?? 'memory'),
    cacheBytes: Number(values['cache-bytes']),
    readCacheBytes: Number(values['read-cache-bytes']),
  };
  for (const subject of subjects) await measure(subject, Number(values.rounds ?? 3), options, values.unchecked);
}

await main();
