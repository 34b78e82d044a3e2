import { describe, expect, it } from 'vitest';
import { describeBackendConformance } from '../../src/conformance/index.ts';
import { memory } from '../../src/memory/index.ts';

describeBackendConformance(
  { describe, it, expect },
  { name: 'memory', createPlace: () => ({ createBackend: () => memory(), dispose: () => {} }) },
);

describe('memory', () => {
  it('takes process ids from the caller, so that a run can be repeated', async () => {
    let count = 0;
    const backend = memory({ createProcessId: () => `process-${(count += 1)}` });
    const request = { applicationId: 'application', now: () => 0 };
    const directories = [await backend.open(request), await backend.open(request)];
    expect(directories.map(({ processId }) => processId)).toEqual(['process-1', 'process-2']);
  });

  it('lists open tasks with the checkpoint that was noted', async () => {
    const directory = await memory().open({ applicationId: 'application', now: () => 5 });
    const task = await directory.openTask('0_0');
    const offsets = new Map([['changelog/0', 7]]);
    task.noteCheckpoint(offsets);
    offsets.set('changelog/0', 8);
    expect(directory.storedTasks()).toEqual([{ taskId: '0_0', checkpointHint: new Map([['changelog/0', 7]]), lastOpenMs: 5 }]);
  });
});
