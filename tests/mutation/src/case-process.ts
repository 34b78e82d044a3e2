/** A process of its own that runs cases on instrumented modules: a fault may loop for ever or eat all memory. */
import { register } from 'node:module';
import { performance } from 'node:perf_hooks';
import type { Case } from '#cases/case';
import type { Judgement } from '#cases/judge';
import { type FaultSwitch, installSwitch } from './fault-switch.ts';
import type { Reply, Request } from './messages.ts';

type Judge = (testCase: Case) => Promise<Judgement>;

let faults: FaultSwitch;
let cases: readonly Case[] = [];
let judge: Judge;

function reply(message: Reply): void {
  process.send?.(message);
}

async function start(request: Extract<Request, { kind: 'start' }>): Promise<void> {
  faults = installSwitch(request.on);
  register(new URL('./loader.js', import.meta.url), { data: new Map(request.modules) });
  // Only now: what they load must come through the hooks.
  const judging = await import('#cases/judge');
  const { readCases } = await import('#cases/case-file');
  judge = (testCase) => judging.judge(testCase, undefined);
  cases = request.files.flatMap(readCases);
  reply({ kind: 'started', cases: cases.length });
}

async function reach(): Promise<void> {
  for (const [testCase, read] of cases.entries()) {
    faults.reached.clear();
    const startMs = performance.now();
    const { verdict } = await judge(read);
    reply({
      kind: 'reached',
      testCase,
      passed: verdict.kind === 'passed',
      faults: [...faults.reached],
      lasted: performance.now() - startMs,
    });
  }
  reply({ kind: 'allReached' });
}

async function tryFault({ cases: chosen, fault }: Extract<Request, { kind: 'try' }>): Promise<void> {
  for (const index of chosen) {
    const testCase = cases[index];
    if (testCase === undefined) continue;
    faults.on = fault;
    const { verdict } = await judge(testCase);
    if (verdict.kind === 'passed') {
      reply({ kind: 'alive' });
      continue;
    }
    faults.on = -1;
    const again = await judge(testCase);
    reply({ kind: 'noticed', by: testCase.id, how: verdict.kind, clean: again.verdict.kind === 'passed' });
    return;
  }
  faults.on = -1;
  reply({ kind: 'unnoticed' });
}

process.on('message', (request: Request) => {
  const done = request.kind === 'start' ? start(request) : request.kind === 'reach' ? reach() : tryFault(request);
  // The parent hears of a failure by the end of this process.
  done.catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
