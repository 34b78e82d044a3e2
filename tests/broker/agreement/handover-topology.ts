/** A sub-topology for every kind of store: node by node what StoreKinds.java builds. */
import {
  StreamsBuilder,
  type KGroupedStream,
  type KStream,
  type KTable,
  type Processor,
  type ProcessorContext,
  type Topology,
} from '@millrace/core';
import {
  type Serde,
  type StreamRecord,
  type Windowed,
  joinWindows,
  serdes,
  sessionWindows,
  slidingWindows,
  timeWindows,
} from '@millrace/core';
import { type Keeper, keepers } from './handover-processors.ts';

/** `default`: rows as ever, and tables reuse their source topics. `headers`: rows with room for headers, and every table has a changelog. */
export type Format = 'default' | 'headers';

const tenSeconds = 10_000;
const halfMinute = 30_000;
const minute = 60_000;
const fiveMinutes = 5 * minute;

const tumbling = timeWindows({ size: minute, grace: halfMinute });
const hopping = timeWindows({ size: minute, grace: halfMinute, advance: halfMinute });
const gaps = sessionWindows({ gap: tenSeconds, grace: halfMinute });
const pairs = slidingWindows({ difference: halfMinute, grace: halfMinute });
const near = joinWindows({ difference: halfMinute, grace: halfMinute });

export function storeKinds(inputs: string, outputs: string, format: Format): Topology {
  const shape = new Shape(inputs, outputs, format);
  // The format is of stores that the DSL makes; those that are described one by one have the kind that they name.
  if (format === 'default') shape.describedStores();
  shape.tables();
  shape.windows();
  shape.streamJoins();
  shape.tableJoins();
  return shape.builder.build();
}

class Shape {
  readonly builder: StreamsBuilder<string, string>;
  readonly #inputs: string;
  readonly #outputs: string;

  constructor(inputs: string, outputs: string, format: Format) {
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.builder = new StreamsBuilder({
      key: serdes.string(),
      value: serdes.string(),
      cacheBytes: 0,
      storeFormat: format,
      optimize: format === 'default' ? ['reuse.ktable.source.topics'] : 'none',
    });
  }

  #keeps(keeper: Keeper): void {
    const { name } = keeper.store;
    this.builder.addStateStore(keeper.store);
    this.#stream(name)
      .process(() => new Keeping(keeper), { name: `${name}-keeper`, stores: [name] })
      .to(this.#out(name));
  }

  tables(): void {
    const { builder } = this;
    builder
      .table(this.#in('table'), { store: 'table' })
      .mapValues((value) => `${value}!`, { store: 'table-mapped' })
      .toStream()
      .to(this.#out('table'));
    builder
      .table(this.#in('history'), { store: { name: 'history', historyRetention: fiveMinutes } })
      .toStream()
      .to(this.#out('history'));
    this.#stream('grouped')
      .groupBy((value) => value.slice(0, 1), { name: 'grouped' })
      .count({ store: 'grouped' })
      .toStream()
      .to(this.#out('grouped'), { value: serdes.long() });
    builder
      .table(this.#in('regrouped'))
      .groupBy((value) => [value.slice(0, 1), value], { name: 'regrouped' })
      .aggregate(() => '', { add: (all, value) => `${all}+${value}`, subtract: (all, value) => `${all}-${value}` }, { store: 'regrouped' })
      .toStream()
      .to(this.#out('regrouped'));
    this.#stream('delayed')
      .groupByKey()
      .reduce(concatenate, { store: 'delayed' })
      .suppress({ until: 'timeLimit', wait: halfMinute, name: 'delayed' })
      .toStream()
      .to(this.#out('delayed'));
  }

  windows(): void {
    const text = serdes.string();
    const count = serdes.long();
    const minutes = serdes.timeWindowed(text, { size: minute });
    const sliding = serdes.timeWindowed(text, { size: halfMinute });
    const sessions = serdes.sessionWindowed(text);
    // A longer retention keeps windows that stream time jumps over until they are emitted.
    const close = { emit: 'onWindowClose' } as const;
    const longer = { retention: fiveMinutes };

    this.#emit('tumbling', (group) => group.windowedBy(tumbling).count({ store: 'tumbling' }), minutes, count);
    this.#emit('hopping', (group) => group.windowedBy(hopping).reduce(concatenate, { store: 'hopping' }), minutes, text);
    this.#emit('sliding', (group) => group.windowedBy(pairs).reduce(concatenate, { store: 'sliding' }), sliding, text);
    this.#emit('sessions', (group) => group.windowedBy(gaps).reduce(concatenate, { store: 'sessions' }), sessions, text);
    this.#emit(
      'tumbling-close',
      (group) => group.windowedBy(tumbling, close).count({ store: { name: 'tumbling-close', ...longer } }),
      minutes,
      count,
    );
    this.#emit(
      'sliding-close',
      (group) => group.windowedBy(pairs, close).reduce(concatenate, { store: { name: 'sliding-close', ...longer } }),
      sliding,
      text,
    );
    this.#emit(
      'sessions-close',
      (group) => group.windowedBy(gaps, close).reduce(concatenate, { store: { name: 'sessions-close', ...longer } }),
      sessions,
      text,
    );
    this.#emit(
      'closed',
      (group) => group.windowedBy(tumbling).count({ store: 'closed' }).suppress({ until: 'windowClose', name: 'closed-buffer' }),
      minutes,
      count,
    );
    this.#emit(
      'sessions-closed',
      (group) =>
        group.windowedBy(gaps).count({ store: 'sessions-closed' }).suppress({ until: 'windowClose', name: 'sessions-closed-buffer' }),
      sessions,
      count,
    );
  }

  /** Stores that are described one by one: those of processors and tables, a table with history that a stream is joined with, and windows with a retention of their own. */
  describedStores(): void {
    for (const keeper of keepers) this.#keeps(keeper);
    this.#stream('rows-plain')
      .toTable({ store: { name: 'rows-plain', timestamps: false } })
      .toStream()
      .to(this.#out('rows-plain'));
    this.#stream('rows-lru')
      .toTable({ store: { name: 'rows-lru', maxEntries: 3, persistence: 'inMemory' } })
      .toStream()
      .to(this.#out('rows-lru'));

    const prices = this.builder.table(this.#in('prices'), { store: { name: 'prices', historyRetention: fiveMinutes } });
    this.#stream('sales').join(prices, both, { name: 'sales', grace: halfMinute }).to(this.#out('sales'));
    const text = serdes.string();
    const memory = { persistence: 'inMemory', retention: fiveMinutes } as const;
    this.#emit(
      'tumbling-memory',
      (group) => group.windowedBy(tumbling).count({ store: { name: 'tumbling-memory', ...memory, supplied: { windowSize: minute } } }),
      serdes.timeWindowed(text, { size: minute }),
      serdes.long(),
    );
    this.#emit(
      'sessions-memory',
      (group) => group.windowedBy(gaps).reduce(concatenate, { store: { name: 'sessions-memory', ...memory, supplied: {} } }),
      serdes.sessionWindowed(text),
      text,
    );
  }

  streamJoins(): void {
    const persistent = (name: string) => ({ windows: near, store: name });
    this.#stream('inner-this').join(this.#stream('inner-other'), both, persistent('inner')).to(this.#out('inner'));
    this.#stream('left-this').leftJoin(this.#stream('left-other'), both, persistent('left')).to(this.#out('left'));
    this.#stream('outer-this').outerJoin(this.#stream('outer-other'), both, persistent('outer')).to(this.#out('outer'));
    this.#stream('outer-memory-this')
      .outerJoin(this.#stream('outer-memory-other'), both, { windows: near, store: { name: 'outer-memory', persistence: 'inMemory' } })
      .to(this.#out('outer-memory'));
  }

  tableJoins(): void {
    const { builder } = this;
    const rows = builder.table(this.#in('rows-this'), { store: 'rows-this' });
    rows
      .outerJoin(builder.table(this.#in('rows-other'), { store: 'rows-other' }), both, { store: 'rows' })
      .toStream()
      .to(this.#out('rows'));

    const customers = builder.table(this.#in('customers'), { store: 'customers' });
    const orders = builder.table(this.#in('orders'), { store: 'orders' });
    const customerOf = (order: string): string => order.slice(0, 1);
    orders.join(customers, customerOf, both, { name: 'billed', store: 'billed' }).toStream().to(this.#out('billed'));
    orders.leftJoin(customers, customerOf, both, { name: 'listed', store: 'listed' }).toStream().to(this.#out('listed'));

    const places = builder.globalTable(this.#in('places'), { store: 'places' });
    this.#stream('visits')
      .join(places, (_value, key) => key, both)
      .to(this.#out('visits'));
  }

  #emit<V>(
    name: string,
    aggregate: (group: KGroupedStream<string, string>) => KTable<Windowed<string>, V>,
    key: Serde<Windowed<string>>,
    value: Serde<V | null>,
  ): void {
    aggregate(this.#stream(name).groupByKey()).toStream().to(this.#out(name), { key, value });
  }

  #stream(name: string): KStream<string, string> {
    // The default serdes would do, but for the buffers of windowed tables, to which Java does not hand them.
    return this.builder.stream(this.#in(name), { key: serdes.string(), value: serdes.string() });
  }

  #in(name: string): string {
    return `${this.#inputs}-${name}`;
  }

  #out(name: string): string {
    return `${this.#outputs}-${name}`;
  }
}

/** Keeps each record as its keeper says. */
class Keeping implements Processor<string, string, string, string> {
  readonly #keeper: Keeper;
  #context: ProcessorContext<string, string> | undefined;
  #store: unknown;

  constructor(keeper: Keeper) {
    this.#keeper = keeper;
  }

  init(context: ProcessorContext<string, string>): void {
    this.#context = context;
    this.#store = context.getStateStore(this.#keeper.store.name);
  }

  process(record: StreamRecord<string, string>): void {
    this.#context?.forward(record.withValue(this.#keeper.step(this.#store, record)));
  }
}

function concatenate(all: string, value: string): string {
  return all + value;
}

function both(left: string | null, right: string | null): string {
  return `${left}/${right}`;
}
