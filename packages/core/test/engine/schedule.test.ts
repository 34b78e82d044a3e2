/** Schedules that start on the clock instead of with the task. */
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, it } from 'vitest';
import { StreamsBuilder } from '../../src/dsl/streams-builder.ts';
import type { ProcessorContext, PunctuationType } from '../../src/processor/processor.ts';
import { StreamRecord } from '../../src/record.ts';
import { serdes } from '../../src/serde/serdes.ts';
import type { Duration } from '../../src/time.ts';

const text = { key: serdes.string(), value: serdes.string() };

function ticking(interval: Duration, type: PunctuationType, startMs: number | undefined, driverStartMs = 0) {
  const builder = new StreamsBuilder(text);
  builder
    .stream('in')
    .process<string, string>(() => {
      return {
        init(context: ProcessorContext<string, string>): void {
          context.schedule(interval, type, (now) => context.forward(StreamRecord.of({ key: 'tick', value: `${now}`, timestamp: now })), {
            startMs,
          });
        },
        process: () => {},
      };
    })
    .to('out');
  const driver = new TopologyTestDriver(builder.build(), { startMs: driverStartMs });
  const input = driver.createInputTopic('in', text);
  const out = driver.createOutputTopic('out', text);
  return {
    record: (timestamp: number) => input.pipeInput({ value: 'x', timestamp }),
    advance: (ms: number) => driver.advanceWallClockTime(ms),
    ticks: () => out.readValuesToList(),
  };
}

describe('on stream time', () => {
  it('fires first when the start has come, and then on its grid', () => {
    const { record, ticks } = ticking(10, 'stream', 7);
    record(6);
    expect(ticks()).toEqual([]);
    record(7);
    record(16);
    expect(ticks()).toEqual(['7']);
    record(17);
    record(58);
    record(66);
    record(67);
    expect(ticks()).toEqual(['17', '58', '67']);
  });

  it('fires with the first record where no start is given', () => {
    const { record, ticks } = ticking(10, 'stream', undefined);
    record(25);
    record(29);
    record(30);
    expect(ticks()).toEqual(['25', '30']);
  });
});

describe('on the wall clock', () => {
  it('fires first at a start that lies ahead', () => {
    const { advance, ticks } = ticking('10ms', 'wall', 25);
    advance(24);
    expect(ticks()).toEqual([]);
    advance(1);
    advance(9);
    expect(ticks()).toEqual(['25']);
    advance(1);
    expect(ticks()).toEqual(['35']);
  });

  it('keeps the grid of a start that has passed, and does not make up for it', () => {
    const { advance, ticks } = ticking(10, 'wall', 3, 1_000);
    advance(2);
    expect(ticks()).toEqual([]);
    advance(1);
    expect(ticks()).toEqual(['1003']);
  });

  it('fires an interval after the start of the task where no start is given', () => {
    const { advance, ticks } = ticking(10, 'wall', undefined, 1_000);
    advance(9);
    advance(1);
    expect(ticks()).toEqual(['1010']);
  });
});

describe('refuses', () => {
  it.each([
    [0, undefined],
    [1.5, undefined],
    ['x' as Duration, undefined],
    [1, -1],
    [1, 0.5],
  ])('an interval of %s with the start %s', (interval, startMs) => {
    expect(() => ticking(interval, 'wall', startMs)).toThrow(/MR_ARGUMENT_INVALID|initialise/);
  });
});
