/** This engine beside another one: processes by turns, the same input, as many outputs, medians and their ratios. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { cpuSecondsOf, cpuSecondsOfEnded } from './cpu-time.ts';
import type { RoundOptions } from './round.ts';
import type { Workload } from './workloads.ts';

/** Rounds of a process that count; those before them warm it up. */
const countedRounds = 2;

/** What one process did in the rounds that count. */
interface Turn {
  /** One a round. */
  readonly perSecond: readonly number[];
  readonly out: readonly number[];
  /** Of the whole process from the end of its warm-up on: what a garbage collector or a compiler does beside the engine's thread counts. NaN where it is not known. */
  readonly cpuSeconds: number;
}

/** @throws Error if what comes out of this engine is wrong, if the engines put out different numbers of records, or either fails. */
export async function compare(
  peer: string,
  subjects: readonly Workload[],
  states: readonly RoundOptions['state'][],
  rounds: number,
  turns: number,
): Promise<void> {
  console.log('| workload | state | records/s, ours / peer | lowest … highest of the turns | CPU time per record, ours / peer |');
  console.log('|---|---|---|---|---|');
  for (const subject of subjects) {
    for (const state of subject.stateless ? states.slice(0, 1) : states) {
      await runOurs(subject, state, 0);
      const ours: Turn[] = [];
      const theirs: Turn[] = [];
      for (let turn = 0; turn < turns; turn++) {
        theirs.push(await runPeer(peer, subject, state, rounds));
        ours.push(await runOurs(subject, state, rounds, '--unchecked'));
      }
      expectSameOutput(subject, [...ours, ...theirs]);
      const ratios = ours.map((own, turn) => median(own.perSecond) / median(theirs[turn]?.perSecond ?? []));
      const cells = [
        subject.name,
        subject.stateless ? '-' : state,
        (median(ours.flatMap(({ perSecond }) => perSecond)) / median(theirs.flatMap(({ perSecond }) => perSecond))).toFixed(2),
        `${Math.min(...ratios).toFixed(2)} … ${Math.max(...ratios).toFixed(2)}`,
        (median(ours.map(({ cpuSeconds }) => cpuSeconds)) / median(theirs.map(({ cpuSeconds }) => cpuSeconds))).toFixed(2),
      ];
      console.log(`| ${cells.join(' | ')} |`);
    }
  }
}

function runOurs({ name, records, keys }: Workload, state: RoundOptions['state'], rounds: number, ...more: string[]): Promise<Turn> {
  const size = ['--records', String(records), '--keys', String(keys), '--rounds', String(rounds)];
  const script = process.argv[1] ?? '';
  return runRounds(process.execPath, [...process.execArgv, script, '--state', state, ...size, ...more, name], rounds);
}

function runPeer(command: string, { topology, records, keys }: Workload, state: RoundOptions['state'], rounds: number): Promise<Turn> {
  const store = state === 'memory' ? 'memory' : 'persistent';
  return runRounds(command, ['core', topology, store, String(records), String(keys), String(rounds)], rounds);
}

/** Runs a process that prints a line a round, and keeps those that count. */
async function runRounds(command: string, args: readonly string[], rounds: number): Promise<Turn> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const endedBefore = cpuSecondsOfEnded();
  const perSecond: number[] = [];
  const outputs: number[] = [];
  let warmUp: number | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const { in_per_s: theirs, inPerS: ours, out } = JSON.parse(line) as { in_per_s?: number; inPerS?: number; out?: number };
    const rate = ours ?? theirs;
    if (rate === undefined || out === undefined) continue;
    perSecond.push(rate);
    outputs.push(out);
    if (perSecond.length === rounds - countedRounds && child.pid !== undefined) warmUp = cpuSecondsOf(child.pid);
  }
  const code = await ended;
  const endedAfter = cpuSecondsOfEnded();
  if (code !== 0 || perSecond.length !== rounds)
    throw new Error(`${command} ${args.join(' ')} ended with ${code} after ${perSecond.length} rounds`);
  return {
    perSecond: perSecond.slice(-countedRounds),
    out: outputs.slice(-countedRounds),
    cpuSeconds: (endedAfter ?? Number.NaN) - (endedBefore ?? Number.NaN) - (warmUp ?? Number.NaN),
  };
}

function expectSameOutput({ name }: Workload, turns: readonly Turn[]): void {
  const outputs = new Set(turns.flatMap(({ out }) => out));
  if (outputs.size !== 1) throw new Error(`The engines put out different numbers of records for ${name}: ${[...outputs].join(', ')}.`);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >>> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
