/** Optimised topologies on the embedded cluster: which topics are made, and that a table is restored from its own source topic, after a crash at any point of a commit. */
import { serdes, StreamsBuilder, type Topology } from '@millrace/core';
import type { CommitStep } from '@millrace/core/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import { Crash, Harness } from './support/harness.ts';
import { type DiskCopy, KeptDisk } from './support/kept-state.ts';

let harness: Harness;
afterEach(() => harness.close());

/** Prices as a table, orders that are priced by it, and two counts behind one change of the key. */
function topology(): Topology {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string(), optimize: 'all', requireNames: true });
  const prices = builder.table('prices', { store: 'prices' });
  builder
    .stream('orders')
    .leftJoin(prices, (order, price) => `${order} ${price}`)
    .to('priced');
  const byBuyer = builder.stream('purchases').selectKey((value) => value);
  byBuyer.groupByKey({ name: 'buyers' }).count({ store: 'by-buyer' });
  byBuyer
    .filter((value) => value > 'k')
    .groupByKey({ name: 'late-buyers' })
    .count({ store: 'by-late-buyer' });
  return builder.build();
}

async function start(): Promise<void> {
  harness = await Harness.start();
  for (const topic of ['prices', 'orders', 'purchases']) harness.cluster.createTopic(topic, { partitions: 2 });
  harness.cluster.createTopic('priced');
}

const names = Array.from({ length: 6 }, (_, at) => `item${at}`);

/** Every name once, with this price; those before `without` have none. */
function prices(price: string, without = 0) {
  return names.map((key, at) => ({ key, value: at < without ? null : price, partition: at % 2 }));
}

async function order(label: string): Promise<Record<string, string>> {
  const before = harness.cluster.records('priced').length;
  await harness.produce(
    'orders',
    names.map((key, at) => ({ key, value: label, partition: at % 2 })),
  );
  await harness.until(() => harness.cluster.records('priced').length >= before + names.length, 'all orders are priced');
  const written = harness.cluster.records('priced').slice(before);
  return Object.fromEntries(written.map(({ key, value }) => [Buffer.from(key ?? []).toString(), Buffer.from(value ?? []).toString()]));
}

const priced = (label: string, price: string, without = 0): Record<string, string> =>
  Object.fromEntries(names.map((key, at) => [key, `${label} ${at < without ? 'null' : price}`]));

const steps: readonly CommitStep[] = [
  'beforeCommit',
  'afterPrepare',
  'afterChangelogAck',
  'afterOffsetCommit',
  'beforeEngineBatch',
  'afterEngineBatch',
];
const disks = ['kept', 'older', 'absent'] as const;

describe('an optimised topology', () => {
  it('has the topics that it needs and no others', async () => {
    await start();
    const app = harness.instance(topology());
    await harness.clock.run(app.start());
    await harness.running(app);
    const made = harness.cluster.topics().filter((name) => name.startsWith('app-'));
    expect(made.sort()).toEqual(['app-buyers-repartition', 'app-by-buyer-changelog', 'app-by-late-buyer-changelog']);
  });

  it('keeps its source topic when repartition topics are purged', async () => {
    await start();
    const app = harness.instance(topology());
    await harness.clock.run(app.start());
    await harness.running(app);
    await harness.produce('prices', prices('1'));
    await harness.produce(
      'purchases',
      names.map((value) => ({ value })),
    );
    await harness.clock.advance(120_000);
    const logs = [0, 1].map((partition) => harness.cluster.log('app-buyers-repartition', partition));
    expect(logs.reduce((sum, { endOffset }) => sum + endOffset, 0)).toBe(names.length);
    expect(harness.cluster.records('app-buyers-repartition')).toEqual([]);
    expect(harness.cluster.records('prices')).toHaveLength(names.length);
  });

  it.each(steps.flatMap((step) => disks.map((disk) => ({ step, disk }))))(
    'restores a table from its topic: crash $step, disk $disk',
    async ({ step, disk: diskKind }) => {
      await start();
      const disk = new KeptDisk(1);
      await harness.produce('prices', prices('1'));
      let armed = false;
      const onStep = (reached: CommitStep): void => {
        if (armed && reached === step) throw new Crash(reached);
      };
      const crashing = harness.instance(topology(), { state: disk.backend(), leaveOnClose: false, unstable: { onStep } });
      const ended = crashing.run().then(
        () => 'stopped',
        (error: unknown) => error,
      );
      await harness.running(crashing);
      await harness.clock.advance(1_000);
      expect(await order('first')).toEqual(priced('first', '1'));
      const older: DiskCopy = disk.copy();
      await harness.produce('prices', prices('2', 2));
      await harness.clock.advance(1_000);
      armed = true;
      await harness.produce('prices', prices('3', 4));
      await harness.until(() => crashing.state === 'ERROR', 'the instance crashed');
      expect(await ended).toBeInstanceOf(Crash);

      if (diskKind === 'older') disk.putBack(older);
      if (diskKind === 'absent') disk.putBack(new Map());
      const restored: string[] = [];
      const again = harness.instance(topology(), {
        state: disk.backend(),
        onRestore: (event) => {
          if (event.kind === 'end') restored.push(event.store);
        },
      });
      await harness.clock.run(again.start());
      await harness.running(again);
      await harness.clock.advance(2_000);
      expect(await order('second')).toEqual(priced('second', '3', 4));
      if (diskKind === 'absent') expect(restored).toContain('prices');
      const rows = [...again.store<string, { value: string }>('prices').all()].map(({ key, value }) => `${key} ${value.value}`);
      expect(rows.sort()).toEqual(names.slice(4).map((name) => `${name} 3`));
      // Prices are written by others: whoever restores writes none.
      expect(harness.cluster.records('prices')).toHaveLength(3 * names.length);
    },
  );
});
