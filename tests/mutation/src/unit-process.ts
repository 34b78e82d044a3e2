/** A process of its own that holds the test runner, so that what it has read and compiled serves every fault. A fault that stops it for ever ends it alone. */
import { createVitest, type Vitest } from 'vitest/node';
import type { UnitReply, UnitRequest } from './messages.ts';

let vitest: Vitest;

function reply(message: UnitReply): void {
  process.send?.(message);
}

async function open({ config, root }: Extract<UnitRequest, { kind: 'open' }>): Promise<void> {
  vitest = await createVitest('test', { config, root, watch: false, reporters: [{}] });
  reply({ kind: 'opened' });
}

async function run({ all, fault, files }: Extract<UnitRequest, { kind: 'run' }>): Promise<void> {
  vitest.provide('millraceFault', fault);
  vitest.config.bail = all ? 0 : 1;
  const specifications = await vitest.globTestSpecifications([...files]);
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
  // The runner tells of earlier runs too. And what a failure keeps from running is none.
  const here = new Set(specifications.map(({ moduleId }) => moduleId));
  const failed = testModules
    .filter((module) => here.has(module.moduleId) && module.state() === 'failed')
    .map(({ relativeModuleId }) => relativeModuleId);
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
