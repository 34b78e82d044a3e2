/**
 * One application with all that needs a cluster to show: a global table, a source by topic pattern, joins of streams and tables of every kind, windows with one result,
 * a processor that works by the wall clock, records that fail. The same in Java, node by node: tests/broker/java-streams, `Application`.
 */
import {
  type FixedKeyProcessor,
  type FixedKeyProcessorContext,
  type FixedKeyRecord,
  type KeyValueStore,
  type Processor,
  type ProcessorContext,
  type ReadOnlyKeyValueStore,
  StreamRecord,
  StreamsBuilder,
  type Topology,
  joinWindows,
  serdes,
  timeWindows,
} from 'millrace';

const text = serdes.string();
const long = serdes.long();

/** `input` and `output` stand before the names of topics. */
export function application(input: string, output: string): Topology {
  const builder = new StreamsBuilder({ key: text, value: text, cacheBytes: 1024 * 1024 });

  const products = builder.globalTable(`${input}products`, { store: 'products' });
  const orders = builder.stream(`${input}orders`, { key: text, value: long }).mapValues((amount) => {
    if (amount < 0) throw new RangeError(`negative: ${amount}`);
    return amount;
  });
  orders
    .join(
      products,
      (_amount, key) => key.slice(0, key.indexOf('-')),
      (amount, product) => `${product} ${amount}`,
    )
    .to(`${output}priced`);
  const payments = builder.stream(`${input}payments`, { key: text, value: long });
  orders
    .outerJoin(payments, (order, payment) => `${order}/${payment}`, {
      windows: joinWindows({ difference: '30s', grace: '1h' }),
      key: text,
      value: long,
      otherValue: long,
      store: 'paired',
    })
    .to(`${output}paired`);

  const clicks = builder.stream(`${input}clicks`).groupByKey();
  clicks
    .windowedBy(timeWindows({ size: '20s', grace: '5s' }), { emit: 'onWindowClose' })
    .count({ store: { name: 'closed', retention: '1d' } })
    .toStream((_count, { key, window }) => `${key}@${window.start}`)
    .to(`${output}closed`, { key: text, value: long });
  clicks
    .windowedBy(timeWindows({ size: '20s', advance: '10s', grace: '5s' }))
    .count({ store: { name: 'hopping', retention: '1d', caching: false } })
    .suppress({ until: 'windowClose', name: 'final' })
    .toStream()
    .to(`${output}suppressed`, { key: serdes.timeWindowed(text, { size: '20s' }), value: long });

  const events = builder.stream(new RegExp(`${input}events-.*`));
  events.processValues(() => new Place()).to(`${output}places`);
  events
    .groupBy((kind) => kind)
    .count({ store: 'event-counts' })
    .toStream()
    .to(`${output}event-counts`, { key: text, value: long });

  const customers = builder.table(`${input}customers`, { store: { name: 'customers', caching: false } });
  const accounts = builder.table(`${input}accounts`, { store: { name: 'accounts', caching: false } });
  accounts
    .leftJoin(customers, customerOf, (account, name) => `${account}=${name}`, {
      store: { name: 'account-names', key: text, value: text, caching: false },
    })
    .toStream()
    .to(`${output}account-names`);

  const prices = builder.table(`${input}prices`, { store: { name: 'prices', historyRetention: '12h' } });
  builder
    .stream(`${input}quotes`)
    .leftJoin(prices, (quote, price) => `${quote} at ${price}`, { name: 'quoted', key: text, value: text, grace: '5s' })
    .to(`${output}quoted`);

  builder
    .stream(`${input}readings`, { key: text, value: long })
    .process({
      create: () => new Totals(),
      stores: [
        { name: 'sums', key: text, value: long },
        { name: 'told', key: text, value: long },
      ],
    })
    .to(`${output}totals`, { key: text, value: long });

  return builder.build();
}

/** Accounts are texts like `customer:balance`; one without a colon belongs to nobody. */
function customerOf(account: string): string | null {
  const end = account.indexOf(':');
  return end < 0 ? null : account.slice(0, end);
}

/** Tells where a record lay. */
class Place implements FixedKeyProcessor<string, string, string> {
  #context: FixedKeyProcessorContext<string, string> | undefined;

  init(context: FixedKeyProcessorContext<string, string>): void {
    this.#context = context;
  }

  process(record: FixedKeyRecord<string, string>): void {
    const place = this.#context?.recordMetadata;
    this.#context?.forward(record.withValue(`${record.value} ${place?.topic} ${place?.partition} ${place?.offset}`));
  }
}

/** Sums readings, and tells by the wall clock the sums that have changed, and how many products the global table has. */
class Totals implements Processor<string, number, string, number> {
  #context: ProcessorContext<string, number> | undefined;
  #sums: KeyValueStore<string, number> | undefined;
  #told: KeyValueStore<string, number> | undefined;

  init(context: ProcessorContext<string, number>): void {
    this.#context = context;
    this.#sums = context.getStateStore('sums');
    this.#told = context.getStateStore('told');
    const products: ReadOnlyKeyValueStore<string, unknown> = context.getStateStore('products');
    const countKey = `products/${context.taskId.split('_')[1]}`;
    context.schedule('200ms', 'wall', (now) => {
      for (const { key, value } of this.#sums?.all() ?? []) this.#tell(key, value, now);
      this.#tell(countKey, [...products.all()].length, now);
    });
  }

  process({ key, value }: StreamRecord<string, number>): void {
    this.#sums?.put(key, (this.#sums.get(key) ?? 0) + value);
  }

  #tell(key: string, value: number, now: number): void {
    if (this.#told?.get(key) === value) return;
    this.#told?.put(key, value);
    this.#context?.forward(StreamRecord.of({ key, value, timestamp: now }));
  }
}
