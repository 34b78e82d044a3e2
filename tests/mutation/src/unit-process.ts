/** A process of its own that holds the test runner, so that what it has read and compiled serves every fault. A fault that stops it for ever ends it alone. */
import { createVitest, type Vitest } from 'vitest/node';
import type { UnitReply, UnitRequest } from './messages.ts';

let vitest: Vitest;

function reply(message: UnitReply): void {
  process.send?.(message);
}

async function open({ config, isolate, root }: Extract<UnitRequest, { kind: 'open' }>): Promise<void> {
  vitest = await createVitest('test', { config, root, isolate, watch: false, reporters: [{}] });
  reply({ kind: 'opened' });
}

async function run({ all, fault, files }: Extract<UnitRequest, { kind: 'run' }>): Promise<void> {
  vitest.provide('millraceFault', fault);
  vitest.config.bail = all ? 0 : 1;
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(await vitest.globTestSpecifications([...files]));
  // What a failure keeps from running is none.
  const failed = testModules.filter((module) => module.state() === 'failed').map(({ relativeModuleId }) => relativeModuleId);
  reply({ kind: 'ran', failed: failed.length === 0 && unhandledErrors.length > 0 ? ['an unhandled error'] : failed });
}

process.on('message', (request: UnitRequest) => {
  const done = request.kind === 'open' ? open(request) : run(request);
  // The parent hears of a failure by the end of this process.
  done.catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
