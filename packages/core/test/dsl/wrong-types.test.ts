/** What must not compile, family by family. Most of it is not run: these tests fail in `tsc`. */
import { expect, test } from 'vitest';
import {
  type FixedKeyProcessor,
  type FixedKeyProcessorContext,
  type FixedKeyRecord,
  joinWindows,
  type KeyValueStore,
  type KGroupedStream,
  type Processor,
  type ProcessorContext,
  serdes,
  sessionWindows,
  StreamRecord,
  StreamsBuilder,
  timeWindows,
  TopologyBuilder,
} from '../../src/index.ts';

interface Order {
  readonly user: string;
  readonly total: number;
}

const text = serdes.string();
const long = serdes.long();
const builder = new StreamsBuilder({ key: text, value: serdes.json<Order>() });
const orders = builder.stream('orders');
const numbers = builder.stream('numbers', { value: long });
const users = builder.table('users', { value: text });
const totals = builder.table('totals', { key: long, value: text });
const regions = builder.globalTable('regions', { key: long, value: text });
const windows = joinWindows({ difference: '1m' });

/** Takes what the compiler alone looks at. */
function compiled(use: () => unknown): void {
  expect(use).toBeTypeOf('function');
}

test('streams: functions of other types', () => {
  // @ts-expect-error the value is an order
  compiled(() => orders.filter((order: string) => order !== ''));
  // @ts-expect-error the key is a text
  compiled(() => orders.mapValues((order, key: number) => order.total + key));
  // @ts-expect-error a pair is wanted
  compiled(() => orders.map((order) => order.total));
  // @ts-expect-error many pairs are wanted
  compiled(() => orders.flatMap((order) => [order.user]));
  // @ts-expect-error many values are wanted
  compiled(() => orders.flatMapValues((order) => order.total));
  // @ts-expect-error a predicate says yes or no
  compiled(() => orders.filter((order) => order.user));
  // @ts-expect-error a promise is no answer: operators are synchronous
  compiled(() => orders.filter(async (order) => order.total > 1));
  // @ts-expect-error keys of another type
  compiled(() => orders.merge(builder.stream('other', { key: long })));
});

test('serdes of other types', () => {
  // @ts-expect-error of the topic's key
  compiled(() => orders.to('out', { key: long }));
  // @ts-expect-error of the topic's value
  compiled(() => orders.to('out', { value: long }));
  // @ts-expect-error of the repartition topic
  compiled(() => orders.repartition({ key: long }));
  // @ts-expect-error of the group's new key
  compiled(() => orders.groupBy((order) => order.total, { key: text }));
  // @ts-expect-error of the group's value
  compiled(() => orders.groupByKey({ value: text }));
  // @ts-expect-error of the table's store
  compiled(() => orders.toTable({ store: { value: text } }));
  // @ts-expect-error of the mapped table's store
  compiled(() => users.mapValues((name) => name.length, { store: { value: text } }));
  // @ts-expect-error of the joined table's store
  compiled(() => users.join(users, (a, b) => a.length + b.length, { store: { value: text } }));
  // @ts-expect-error of the regrouped table's value
  compiled(() => users.groupBy((name, id) => [name, id.length], { value: text }));
  // @ts-expect-error of the left stream's value
  compiled(() => orders.join(numbers, (order) => order, { windows, value: text }));
  // @ts-expect-error of the right stream's value
  compiled(() => orders.join(numbers, (order) => order, { windows, otherValue: text }));
  // @ts-expect-error of the stream's value, for records that wait
  compiled(() => orders.join(users, (order) => order, { grace: '1m', value: text }));
  compiled(() =>
    orders
      .groupByKey()
      .windowedBy(timeWindows({ size: 1 }))
      .count()
      .toStream()
      // @ts-expect-error of a windowed key
      .to('out', { key: text }),
  );
  compiled(() =>
    orders
      .groupByKey()
      .windowedBy(timeWindows({ size: 1 }))
      // @ts-expect-error of the key inside the window
      .count({ store: { key: long } }),
  );
  // @ts-expect-error the two of a topic that is read as a table
  compiled(() => builder.table<string, string>('t', { value: text, store: { value: long } }));
});

test('aggregates', () => {
  const grouped = orders.groupByKey();
  // @ts-expect-error what is reduced keeps its type
  compiled(() => grouped.reduce((a, b) => a.total + b.total));
  compiled(() =>
    grouped.aggregate(
      () => 0,
      // @ts-expect-error the aggregate keeps its type
      (sum, order) => `${sum}${order.user}`,
    ),
  );
  // @ts-expect-error a table is aggregated both ways
  compiled(() => users.groupBy((name, id) => [name, id]).aggregate(() => 0, { add: (sum: number) => sum + 1 }));
  compiled(() =>
    // @ts-expect-error sessions are merged
    grouped.windowedBy(sessionWindows({ gap: 1 })).aggregate(
      () => 0,
      (sum: number) => sum + 1,
    ),
  );
  // @ts-expect-error windows, not a number of milliseconds
  compiled(() => grouped.windowedBy(60_000));
  compiled(() =>
    grouped
      .cogroup((sum: number) => sum)
      .cogroup(
        // @ts-expect-error groups that are filled together have keys of one type
        orders.groupBy((order) => order.total),
        (sum) => sum,
      ),
  );
  // @ts-expect-error each aggregator gets the values of its own stream
  compiled(() => grouped.cogroup((sum: number) => sum).cogroup(numbers.groupByKey(), (sum, order: Order) => sum + order.total));
  // @ts-expect-error a stream is grouped before it is counted
  compiled(() => orders.count());
  // @ts-expect-error of one that is not grouped
  compiled((): KGroupedStream<string, Order> => orders);
});

test('tables', () => {
  // @ts-expect-error rows are texts
  compiled(() => users.filter((user: number) => user > 1));
  // @ts-expect-error only windows close
  compiled(() => users.suppress({ until: 'windowClose' }));
  // @ts-expect-error how long
  compiled(() => users.suppress({ until: 'timeLimit' }));
  // @ts-expect-error null is what became of a row that was deleted
  compiled(() => users.toStream().mapValues((user) => user.length));
  // @ts-expect-error a table is no stream
  compiled(() => users.to('out'));
  // @ts-expect-error a deleted row may be asked about
  compiled(() => users.transformValues(() => ({ transform: (user) => user.length })));
});

test('joins', () => {
  // @ts-expect-error the right value may be missing
  compiled(() => orders.leftJoin(numbers, (order, number) => order.total + number, { windows }));
  // @ts-expect-error either may be missing
  compiled(() => orders.outerJoin(numbers, (order) => order.total, { windows }));
  // @ts-expect-error tables of other keys
  compiled(() => orders.join(totals, () => ''));
  // @ts-expect-error tables of other keys
  compiled(() => users.outerJoin(totals, () => ''));
  compiled(() =>
    users.leftJoin(
      totals,
      (name) => name.length,
      // @ts-expect-error the row may be missing
      (name, total) => name + total.length,
    ),
  );
  compiled(() =>
    users.join(
      totals,
      // @ts-expect-error the foreign key is a number
      (name) => name,
      (name, total) => name + total,
    ),
  );
  compiled(() =>
    orders.join(
      regions,
      // @ts-expect-error the global table's key is a number
      (order) => order.user,
      (order) => order,
    ),
  );
  compiled(() =>
    orders.leftJoin(
      regions,
      (order) => order.total,
      // @ts-expect-error the global table's row may be missing
      (_, region) => region.length,
    ),
  );
  // @ts-expect-error a global table is found by a selector
  compiled(() => orders.join(regions, (order) => order));
  const lengthOf = (name: string): number => name.length;
  // @ts-expect-error a table cannot be joined with a global one
  compiled(() => users.join(regions, lengthOf, lengthOf));
  // @ts-expect-error nor with a stream
  compiled(() => users.join(orders, (name) => name));
});

test('branches', () => {
  // @ts-expect-error a branch of that name is not there
  compiled(() => orders.split({ large: (order) => order.total > 1 }).small);
  // @ts-expect-error without a default there is none
  compiled(() => orders.split({ large: (order) => order.total > 1 })['rest'].to('x'));
  // @ts-expect-error a branch has a predicate
  compiled(() => orders.split([{ name: 'large' }]));
  // @ts-expect-error two branches, no third
  compiled(() => orders.split([{ when: () => true }, { when: () => true }])[2]);
  // @ts-expect-error the branch is a stream of orders
  compiled(() => orders.split([{ when: () => true, apply: (branch) => branch.mapValues((order) => order.nothing) }]));
});

test('processors', () => {
  class WrongForward implements Processor<string, Order, string, number> {
    #context!: ProcessorContext<string, number>;

    init(context: ProcessorContext<string, number>): void {
      this.#context = context;
    }

    process(record: StreamRecord<string, Order>): void {
      // @ts-expect-error numbers are forwarded
      this.#context.forward(record);
      // @ts-expect-error under texts
      this.#context.forward(record.withValue(record.value.total).withKey(1));
    }
  }
  // @ts-expect-error it takes orders
  compiled(() => numbers.process(() => new WrongForward()));
  // @ts-expect-error a factory is wanted, since each task has a processor of its own
  compiled(() => orders.process(new WrongForward()));
  // @ts-expect-error what comes out is numbers under texts
  compiled(() => orders.process(() => new WrongForward()).filter((value: string) => value !== ''));
  // @ts-expect-error it may change the key
  compiled(() => orders.processValues(() => new WrongForward()));

  class KeyChanger implements FixedKeyProcessor<string, Order, number> {
    #context!: FixedKeyProcessorContext<string, number>;

    init(context: FixedKeyProcessorContext<string, number>): void {
      this.#context = context;
    }

    process(record: FixedKeyRecord<string, Order>): void {
      // @ts-expect-error an order is no number
      this.#context.forward(record);
      // @ts-expect-error the key is fixed
      this.#context.forward({ ...record.withValue(1), key: 'other' });
      // @ts-expect-error nor can a record be made
      this.#context.forward(StreamRecord.of({ key: 'other', value: 1, timestamp: 0 }));
      // @ts-expect-error nor assigned to
      record.key = 'other';
    }
  }
  // @ts-expect-error it takes orders
  compiled(() => numbers.processValues(() => new KeyChanger()));
  compiled(() =>
    orders.process<string, number>(() => ({
      // @ts-expect-error what is forwarded is numbers
      init: (context) => context.forward(StreamRecord.of({ key: '', value: '', timestamp: 0 })),
      process: () => undefined,
    })),
  );
  compiled(() =>
    orders.process<string, number>(() => ({
      init: (context) => {
        // @ts-expect-error the store's values are numbers
        context.getStateStore<KeyValueStore<string, number>>('s').put('', '');
        // @ts-expect-error nothing is known of a store whose face was not named
        context.getStateStore('s').get('');
        // @ts-expect-error two kinds of time
        context.schedule('1s', 'event', () => undefined);
      },
      process: () => undefined,
    })),
  );
});

test('stores and topologies built by hand', () => {
  // @ts-expect-error a window store says how long it keeps
  compiled(() => builder.addStateStore({ name: 's', kind: 'window', windowSize: 1 }));
  // @ts-expect-error no such kind
  compiled(() => builder.addStateStore({ name: 's', kind: 'list' }));
  // @ts-expect-error key-value stores have no retention
  expect(() => builder.addStateStore({ name: 's', retention: 1 })).toThrow(/MR_ARGUMENT_INVALID.*"s" has retention.*say its kind/);
  const nodes = new TopologyBuilder({ key: text, value: text });
  // @ts-expect-error below what it stands
  compiled(() => nodes.addSink('sink', 'topic', {}));
  // @ts-expect-error a processor below something
  compiled(() => nodes.addProcessor('p', () => ({ process: () => undefined })));
  // @ts-expect-error the types of a sink are those of its serdes
  compiled(() => nodes.addSink<string, string>('sink', 'topic', { parents: 'p', value: long }));
  // @ts-expect-error the topic is named by a function of the sink's types
  compiled(() => nodes.addSink<string, number>('sink', (value) => value, { parents: 'p', value: long }));
});

test('options that do not exist', () => {
  // @ts-expect-error not `keySerde`
  compiled(() => builder.stream('a', { keySerde: text }));
  // @ts-expect-error not `as`
  compiled(() => orders.groupByKey().count({ as: 'counts' }));
  // @ts-expect-error `store`, not a name alone
  compiled(() => orders.groupByKey().count('counts'));
  // @ts-expect-error not a number as text without unit
  compiled(() => timeWindows({ size: 'a minute' }));
});
