/** Fifty operators in one expression: what a compiler must carry from call to call. */
import { serdes, timeWindows } from 'millrace';
import { type Customer, newBuilder } from './domain.ts';

export const builder = newBuilder();
const customers = builder.table('customers', { value: serdes.json<Customer>(), store: 'customers' });
const countries = builder.globalTable('countries', { value: serdes.string(), store: 'countries' });

/** Fifty calls, from `stream` on; see the test for what is inferred where. */
export const chain = builder
  .stream('orders')
  .filter((order) => order.cents > 0)
  .filterNot((order) => order.kind === 'shop')
  .mapValues((order) => ({ ...order, euros: order.cents / 100 }))
  .selectKey((order) => order.customer)
  .leftJoin(customers, (order, customer) => ({ ...order, country: customer?.country ?? null }), {
    name: 'with-customer',
    value: serdes.json(),
  })
  .leftJoin(
    countries,
    (order) => order.country,
    (order, region) => ({ ...order, region }),
  )
  .peek((order) => order.region)
  .split({ local: (order) => order.region === 'here' }, { default: 'abroad' })
  .abroad.mapValues(({ region, euros }) => ({ region, euros }))
  .filter((sale): sale is { region: string; euros: number } => sale.region !== null)
  .map(({ region, euros }, customer) => [region, { customer, euros }])
  .groupByKey({ name: 'by-region', value: serdes.json() })
  .aggregate(
    () => ({ count: 0, euros: 0 }),
    (sum, sale) => ({ count: sum.count + 1, euros: sum.euros + sale.euros }),
    { store: { name: 'per-region', value: serdes.json() } },
  )
  .filter((sum) => sum.count > 2)
  .mapValues(({ count, euros }) => euros / count)
  .suppress({ until: 'timeLimit', wait: '1m', name: 'calm' })
  .toStream()
  .filter((mean) => mean !== null)
  .mapValues((mean) => mean.toFixed(2))
  .repartition({ name: 'means', key: serdes.string(), value: serdes.string() })
  .toTable({ store: { name: 'means', key: serdes.string(), value: serdes.string() } })
  .filterNot((mean) => mean === '0.00')
  .mapValues((mean, region) => ({ mean: Number(mean), region }), {
    store: { name: 'means-by-region', key: serdes.string(), value: serdes.json() },
  })
  .groupBy(({ mean, region }) => [Math.round(mean), region], { name: 'by-mean', key: serdes.integer(), value: serdes.string() })
  .reduce(
    { add: (all, region) => `${all},${region}`, subtract: (all, region) => all.replace(region, '') },
    { store: { name: 'regions', key: serdes.integer() } },
  )
  .toStream({ name: 'regions-of-means' })
  .flatMapValues((regions) => regions?.split(',') ?? [])
  .flatMap((region, mean) => [[region, mean] as const, [region.toUpperCase(), -mean] as const])
  .groupBy((_mean, region) => region, { name: 'by-name', key: serdes.string(), value: serdes.integer() })
  .windowedBy(timeWindows({ size: '1m' }))
  .count({ store: 'regions-per-minute' })
  .suppress({ until: 'windowClose', name: 'final' })
  .toStream()
  .filter((count) => count !== null)
  .map((count, { key, window }) => [key, { count, startMs: window.start }])
  .processValues<number>(() => ({ process: () => undefined }))
  .mapValues(BigInt)
  .selectKey((count) => count)
  .groupByKey({ key: serdes.bigint64(), value: serdes.bigint64() })
  .cogroup((all: string, count) => `${all}${count}`)
  .aggregate(() => '', { store: { name: 'digits', key: serdes.bigint64(), value: serdes.string() } })
  .transformValues(() => ({ transform: (digits) => digits?.length ?? null }))
  .toStream((length, count) => `${count}:${length}`)
  .mapValues((length) => length ?? 0)
  .process<boolean, number>(() => ({ process: () => undefined }))
  .merge(builder.stream('more', { key: serdes.boolean(), value: serdes.integer() }))
  .peek((length, isEven) => (isEven ? length : -length))
  .filter((length) => length > 0)
  .mapValues((length, isEven) => ({ length, isEven }));

chain.to('chain', { key: serdes.boolean(), value: serdes.json() });
