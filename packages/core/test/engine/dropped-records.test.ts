/** What the log says of dropped records: every one of them is in a line, and there are few lines. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { DroppedRecords } from '../../src/engine/dropped-records.ts';
import { type Logger, silentLogger } from '../../src/log.ts';
import { MetricsRegistry } from '../../src/metrics.ts';
import { serdes } from '../../src/serde/serdes.ts';
import { RecordContext } from '../../src/stores/record-context.ts';
import { anySerde, continuing, Harness, type Input, plan, sink, source } from './task-harness.ts';

interface Line {
  readonly message: string;
  readonly partition: unknown;
  readonly offset: unknown;
}

function recording(): { readonly lines: Line[]; readonly log: Logger } {
  const lines: Line[] = [];
  const log: Logger = {
    ...silentLogger,
    warn: (message, fields) => lines.push({ message, partition: fields?.['partition'], offset: fields?.['offset'] }),
  };
  return { lines, log };
}

const longs = plan([
  source('s', 'in', ['out'], { valueSerde: anySerde(serdes.long()) }),
  sink('out', 'words', { valueSerde: anySerde(serdes.long()) }),
]);
const poison = (count: number): Input[] => Array.from({ length: count }, (_, at) => ({ key: 'k', value: 'no long', timestamp: at }));
const line = (count: number, offset: number): Line => ({
  message: `dropped ${count} record(s): deserialization error`,
  partition: 'in-0',
  offset,
});

describe('a task that drops records', () => {
  it('tells the first at once and the rest when it is closed', () => {
    const { lines, log } = recording();
    const harness = new Harness(longs, { handlers: continuing, log }).start().pipe('in', ...poison(500));
    expect(lines).toEqual([line(1, 0)]);
    harness.task.close();
    expect(lines).toEqual([line(1, 0), line(499, 499)]);
  });

  it('tells the rest after ten seconds though nothing more comes, and asks to be called then', () => {
    const { lines, log } = recording();
    const harness = new Harness(longs, { handlers: continuing, log }).start(1_000).pipe('in', ...poison(3));
    expect(harness.task.nextDueMs()).toBe(11_000);
    harness.task.punctuate(10_999);
    expect(lines).toEqual([line(1, 0)]);
    harness.task.punctuate(11_000);
    expect(lines).toEqual([line(1, 0), line(2, 2)]);
    expect(harness.task.nextDueMs()).toBeUndefined();
    harness.task.close();
    expect(lines).toHaveLength(2);
  });

  it('has nothing to tell if it dropped nothing', () => {
    const { lines, log } = recording();
    const harness = new Harness(longs, { handlers: continuing, log }).start();
    expect(harness.task.nextDueMs()).toBeUndefined();
    harness.task.close();
    expect(lines).toEqual([]);
  });
});

test('the lines of a reason add up to what was dropped, and none comes within ten seconds of another but the last', () => {
  const steps = fc.array(fc.record({ waitMs: fc.integer({ min: 0, max: 7_000 }), reason: fc.constantFrom('null key', 'late') }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(steps, (run) => {
      let nowMs = 0;
      const told: { readonly count: number; readonly reason: string; readonly atMs: number }[] = [];
      const log: Logger = {
        ...silentLogger,
        warn: (message) => {
          const [, count, reason] = /^dropped (\d+) record\(s\): (.*)$/.exec(message) ?? [];
          told.push({ count: Number(count), reason: reason ?? '', atMs: nowMs });
        },
      };
      const dropped = new DroppedRecords('0_0', new MetricsRegistry(), log, new RecordContext());
      for (const { waitMs, reason } of run) {
        dropped.advance((nowMs += waitMs));
        expect(dropped.dueMs).toBeGreaterThan(nowMs);
        dropped.add(reason, null, -1);
      }
      const beforeClose = told.length;
      dropped.close();
      for (const reason of ['null key', 'late']) {
        const lines = told.filter((entry) => entry.reason === reason);
        expect(lines.reduce((sum, { count }) => sum + count, 0)).toBe(run.filter((step) => step.reason === reason).length);
        const timed = told.slice(0, beforeClose).filter((entry) => entry.reason === reason);
        for (const [at, { atMs }] of timed.entries()) if (at > 0) expect(atMs - (timed[at - 1]?.atMs ?? 0)).toBeGreaterThanOrEqual(10_000);
      }
    }),
  );
});
