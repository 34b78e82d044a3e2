/** A process of its own that runs trials on instrumented modules: a fault may loop for ever or eat all memory. */
import { register } from 'node:module';
import { performance } from 'node:perf_hooks';
import { type FaultSwitch, installSwitch } from './fault-switch.ts';
import type { Reply, Request } from './messages.ts';
import type { Trial } from './trials.ts';

let faults: FaultSwitch;
let trials: readonly Trial[] = [];

function reply(message: Reply): void {
  process.send?.(message);
}

async function start({ directory, files, modules, on, trials: kind }: Extract<Request, { kind: 'start' }>): Promise<void> {
  faults = installSwitch(on);
  register(new URL('./loader.js', import.meta.url), { data: new Map(modules) });
  // Only now: what it loads must come through the hooks.
  const { openTrials } = await import('./trials.ts');
  trials = await openTrials(kind, files, directory);
  reply({ kind: 'started', trials: trials.length });
}

async function reach({ trials: chosen }: Extract<Request, { kind: 'reach' }>): Promise<void> {
  for (const number of chosen) {
    const trial = trials[number];
    if (trial === undefined) continue;
    faults.reached.clear();
    const startMs = performance.now();
    const passed = (await trial.run()) === 'passed';
    reply({ kind: 'reached', trial: number, passed, faults: [...faults.reached], lasted: performance.now() - startMs });
  }
  reply({ kind: 'allReached' });
}

async function tryFault({ fault, trials: chosen }: Extract<Request, { kind: 'try' }>): Promise<void> {
  for (const number of chosen) {
    const trial = trials[number];
    if (trial === undefined) continue;
    faults.on = fault;
    const how = await trial.run();
    if (how === 'passed') {
      reply({ kind: 'alive' });
      continue;
    }
    faults.on = -1;
    reply({ kind: 'noticed', by: trial.id, how, clean: (await trial.run()) === 'passed' });
    return;
  }
  faults.on = -1;
  reply({ kind: 'unnoticed' });
}

process.on('message', (request: Request) => {
  const done = request.kind === 'start' ? start(request) : request.kind === 'reach' ? reach(request) : tryFault(request);
  // The parent hears of a failure by the end of this process.
  done.catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
