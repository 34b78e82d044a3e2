/** What `pipeInput` takes for a record and what for a bare value. */
import { serdes, StreamsBuilder } from '@millrace/core';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { TopologyTestDriver } from '../../src/index.ts';
import { isInputRecord, type OutputRecord } from '../../src/topics/test-record.ts';

describe('an input', () => {
  it.each<[input: unknown, isRecord: boolean]>([
    [{ value: 1 }, true],
    [{ key: 'k', value: null }, true],
    [{ key: 'k', value: 1, timestamp: 5, headers: [], partition: 2 }, true],
    [{ value: 1, extra: 2 }, false],
    [{ key: 'k' }, false],
    [{ total: 3 }, false],
    [['value'], false],
    ['text', false],
    [7, false],
    [null, false],
  ])('%j is a record: %s', (input, isRecord) => {
    expect(isInputRecord<unknown, unknown>(input)).toBe(isRecord);
  });
});

describe('types', () => {
  interface Order {
    readonly total: number;
  }
  interface Reading {
    readonly sensor: string;
    readonly value: number;
  }

  function open() {
    const builder = new StreamsBuilder();
    builder.stream('in', { key: serdes.string(), value: serdes.json<Order>() }).to('out');
    builder.stream('readings', { key: serdes.string(), value: serdes.json<Reading>() }).to('out');
    return new TopologyTestDriver(builder.build());
  }

  it('come from the serdes', () => {
    using driver = open();
    const orders = driver.createInputTopic('in', { key: serdes.string(), value: serdes.json<Order>() });
    orders.pipeInput({ total: 3 });
    orders.pipeInput({ key: 'k', value: { total: 4 } });
    orders.pipeInput({ key: null, value: null });
    // @ts-expect-error the value has another type
    expect(() => orders.pipeInput({ key: 'k', value: 7 })).not.toThrow();
    // @ts-expect-error the key has another type
    expect(() => orders.pipeInput({ key: 7, value: { total: 3 } })).toThrow(/MR_SERIALIZATION/);
    const out = driver.createOutputTopic('out', { key: serdes.string(), value: serdes.json<Order>() });
    expectTypeOf(out.readRecord()).toEqualTypeOf<OutputRecord<string, Order>>();
    expectTypeOf(out.readValue()).toEqualTypeOf<Order | null>();
    expectTypeOf(out.readKeyValuesToMap).returns.toEqualTypeOf<Map<string, Order | null>>();
    expectTypeOf(out.readKeyValuesToList).returns.toEqualTypeOf<{ readonly key: string | null; readonly value: Order | null }[]>();
  });

  it('do not let a value pass that would be taken for a record', () => {
    using driver = open();
    const readings = driver.createInputTopic('readings', { key: serdes.string(), value: serdes.json<Reading>() });
    readings.pipeInput({ value: { sensor: 's', value: 3 } });
    readings.pipeValues([{ sensor: 's', value: 4 }]);
    const check = (): void => {
      // @ts-expect-error it has a property `value`: it must be given as a record
      readings.pipeInput({ sensor: 's', value: 3 });
    };
    expect(check).not.toThrow();
    expect(driver.createOutputTopic('out', { key: serdes.string(), value: serdes.json<Reading>() }).queueSize).toBe(3);
  });
});
