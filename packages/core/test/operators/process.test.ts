import {
  type FixedKeyProcessor,
  type FixedKeyProcessorContext,
  type FixedKeyRecord,
  type KeyValueStore,
  type Processor,
  type ProcessorContext,
  serdes,
  type StreamRecord,
} from '@millrace/core';
import { expect, test } from 'vitest';
import { run } from './support.ts';

/** Numbers the records of each key, and forwards under the number. */
class Numbering implements Processor<string, string, string, string> {
  #context!: ProcessorContext<string, string>;
  #numbers!: KeyValueStore<string, number>;

  init(context: ProcessorContext<string, string>): void {
    this.#context = context;
    this.#numbers = context.getStateStore('numbers');
  }

  process(record: StreamRecord<string, string>): void {
    const number = (this.#numbers.get(record.key) ?? 0) + 1;
    this.#numbers.put(record.key, number);
    this.#context.forward(record.withKey(`${record.key}${number}`));
  }
}

class Shouting implements FixedKeyProcessor<string, string, string> {
  #context!: FixedKeyProcessorContext<string, string>;

  init(context: FixedKeyProcessorContext<string, string>): void {
    this.#context = context;
  }

  process(record: FixedKeyRecord<string, string>): void {
    this.#context.forward(record.withValue(`${record.value}!`).withTimestamp(record.timestamp + 1));
  }
}

test('a processor with a store; a repartition follows where its key is used', () => {
  const { out, driver } = run(
    (b) => {
      b.addStateStore({ name: 'numbers', value: serdes.long() });
      const processed = b.stream('in').process(() => new Numbering(), { stores: ['numbers'] });
      processed.groupByKey().count({ store: 'C' });
      return processed;
    },
    [
      ['a', 'x', 1],
      ['a', 'y', 2],
      ['b', 'z', 3],
    ],
  );
  expect(out).toEqual([
    ['a1', 'x', 1],
    ['a2', 'y', 2],
    ['b1', 'z', 3],
  ]);
  expect(driver.getKeyValueStore<string, number>('numbers').get('a')).toBe(2);
  expect(driver.producedTopicNames()).toContain('test-C-repartition');
});

test('a fixed-key processor keeps the partitioning: no repartition follows', () => {
  const { out, driver } = run(
    (b) => {
      const processed = b.stream('in').processValues(() => new Shouting());
      processed.groupByKey().count({ store: 'C' });
      return processed;
    },
    [['a', 'x', 1]],
  );
  expect(out).toEqual([['a', 'x!', 2]]);
  expect(driver.producedTopicNames()).toEqual(['out', 'test-C-changelog']);
});

test('a table’s store can be read by a processor that names it', () => {
  class LookUp implements Processor<string, string, string, string> {
    #context!: ProcessorContext<string, string>;

    init(context: ProcessorContext<string, string>): void {
      this.#context = context;
    }

    process(record: StreamRecord<string, string>): void {
      const row = this.#context.getStateStore<KeyValueStore<string, { value: string; timestamp: number }>>('T').get(record.value);
      this.#context.forward(record.withValue(`${row?.value}@${row?.timestamp}`));
    }
  }
  const { out } = run(
    (b) => {
      b.table('t', { store: 'T' });
      return b.stream('in').process(() => new LookUp(), { stores: ['T'] });
    },
    [
      ['k', 'v', 4, 't'],
      ['a', 'k', 5],
      ['a', 'l', 6],
    ],
  );
  expect(out).toEqual([
    ['a', 'v@4', 5],
    ['a', 'undefined@undefined', 6],
  ]);
});
