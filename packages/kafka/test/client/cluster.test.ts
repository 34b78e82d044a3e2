import { describe, expect, it } from 'vitest';
import { Cluster } from '../../src/client/cluster.ts';
import { findCoordinatorApi } from '../../src/protocol/messages/find-coordinator.ts';
import { metadataApi } from '../../src/protocol/messages/metadata.ts';
import type { ResponseInputOf } from '../../src/protocol/schema.ts';
import { WireError } from '../../src/wire/wire-error.ts';
import { ScriptedWire, testContext } from './support/scripted-wire.ts';

type Metadata = ResponseInputOf<typeof metadataApi>;

const firstId = 'AAAAAAAAAAAAAAAAAAAAAQ';
const secondId = 'AAAAAAAAAAAAAAAAAAAAAg';
const brokers = [1, 2, 3].map((nodeId) => ({ nodeId, host: `host-${nodeId}`, port: 9092 }));

function answer(leader: number, leaderEpoch: number, topicId = firstId): Metadata {
  const partitions = [
    { errorCode: 0, partitionIndex: 0, leaderId: leader, leaderEpoch, replicaNodes: [], isrNodes: [], offlineReplicas: [] },
  ];
  return { brokers, controllerId: 2, topics: [{ errorCode: 0, name: 'topic', topicId, partitions }] };
}

function clusterWith(...answers: readonly (Metadata | Error)[]): { readonly cluster: Cluster; readonly wire: ScriptedWire } {
  let calls = 0;
  const wire = new ScriptedWire().on(metadataApi, () => answers[Math.min(calls++, answers.length - 1)] ?? answer(1, 0));
  return { cluster: new Cluster(wire, testContext()), wire };
}

describe('a refresh', () => {
  it('learns nodes, controller, topics and leaders', async () => {
    const { cluster, wire } = clusterWith(answer(1, 4));
    cluster.watch(['topic']);
    await cluster.refresh();
    expect(cluster.topic('topic')).toMatchObject({ id: firstId, errorCode: 0, partitions: [{ leader: 1, leaderEpoch: 4 }] });
    expect([cluster.leader('topic', 0), cluster.leader('topic', 1), cluster.leader('other', 0), cluster.controller]).toEqual([
      1, -1, -1, 2,
    ]);
    expect(wire.learnt.at(-1)?.map(({ id, host }) => [id, host])).toEqual([
      [1, 'host-1'],
      [2, 'host-2'],
      [3, 'host-3'],
    ]);
  });

  it('is shared by all who ask while it runs, and spaced when asked again', async () => {
    const { cluster, wire } = clusterWith(answer(1, 0));
    const clock = cluster.clock as ReturnType<typeof testContext>['clock'];
    cluster.watch(['topic']);
    await Promise.all([cluster.refresh(), cluster.refresh(), cluster.refresh()]);
    expect(wire.requests.length).toBe(1);
    const again = cluster.refresh();
    await clock.advance(99);
    expect(wire.requests.length).toBe(1);
    await clock.advance(1);
    await again;
    expect(wire.requests.length).toBe(2);
  });

  it('that left a listener without what it misses is followed by another', async () => {
    const { cluster, wire } = clusterWith(answer(-1, 1), answer(-1, 1), answer(-1, 1), answer(2, 2));
    const clock = cluster.clock as ReturnType<typeof testContext>['clock'];
    cluster.watch(['topic']);
    cluster.onRefresh(() => {
      queueMicrotask(() => {
        if (cluster.leader('topic', 0) < 0) void cluster.refresh();
      });
    });
    await cluster.refresh();
    for (let round = 0; round < 10; round++) await clock.advance(100);
    expect([cluster.leader('topic', 0), wire.requests.length]).toEqual([2, 4]);
  });

  it('is spaced more and more while a partition has no leader, and quickly again once something changes', async () => {
    const nobody = Array.from({ length: 8 }, () => answer(-1, 1));
    const { cluster, wire } = clusterWith(...nobody, answer(2, 2), answer(-1, 3));
    const clock = cluster.clock as ReturnType<typeof testContext>['clock'];
    const askedAtMs: number[] = [];
    cluster.watch(['topic']);
    cluster.onRefresh(() => {
      askedAtMs.push(clock.monotonic());
      queueMicrotask(() => {
        if (cluster.leader('topic', 0) < 0 && wire.requests.length < 12) void cluster.refresh();
      });
    });
    const start = clock.monotonic();
    await cluster.refresh();
    for (let round = 0; round < 80; round++) await clock.advance(100);
    expect(askedAtMs.map((atMs) => atMs - start)).toEqual([0, 100, 300, 700, 1_500, 2_500, 3_500, 4_500, 5_500]);
    // Found; long after, the leader is missed again.
    void cluster.refresh();
    for (let round = 0; round < 10; round++) await clock.advance(100);
    expect(askedAtMs.slice(9).map((atMs) => atMs - start)).toEqual([8_000, 8_100, 8_300]);
  });

  it('asks at once for a topic that was watched since', async () => {
    const asked: unknown[] = [];
    const wire = new ScriptedWire().on(metadataApi, ({ topics }) => {
      asked.push(topics?.map(({ name }) => name));
      return answer(1, 0);
    });
    const cluster = new Cluster(wire, testContext());
    cluster.watch(['topic']);
    const first = cluster.refresh();
    await Promise.resolve();
    cluster.watch(['late']);
    await Promise.all([first, cluster.refresh()]);
    expect(asked.at(-1)).toEqual(['topic', 'late']);
  });

  it('asks the next node when one does not answer, and any other last', async () => {
    const down = new WireError('refused', 'down');
    const { cluster, wire } = clusterWith(answer(1, 0), down, down, down, answer(2, 1));
    cluster.watch(['topic']);
    await cluster.refresh();
    const again = cluster.refresh();
    await (cluster.clock as ReturnType<typeof testContext>['clock']).advance(100);
    await again;
    expect(wire.requests.map(({ node }) => node)).toEqual(['any', 2, 3, 1, 'any']);
    expect(cluster.leader('topic', 0)).toBe(2);
  });

  it('that nobody answers is retriable; one that is not allowed is fatal at once', async () => {
    const { cluster, wire } = clusterWith(new WireError('timeout', 'slow'));
    await expect(cluster.refresh()).rejects.toMatchObject({ kind: 'retriable', cause: { kind: 'retriable' } });
    const refused = clusterWith(new WireError('authentication', 'no')).cluster;
    await expect(refused.refresh()).rejects.toMatchObject({ kind: 'fatal' });
    expect(wire.requests.length).toBe(1);
  });
});

describe('leaders', () => {
  it('of an older epoch do not come back, unless the topic is another', async () => {
    const { cluster } = clusterWith(answer(1, 5), answer(2, 4), answer(3, 0, secondId));
    const clock = cluster.clock as ReturnType<typeof testContext>['clock'];
    cluster.watch(['topic']);
    const seen: number[] = [];
    for (let round = 0; round < 3; round++) {
      const refreshed = cluster.refresh();
      await clock.advance(1_000);
      await refreshed;
      seen.push(cluster.leader('topic', 0));
    }
    expect(seen).toEqual([1, 1, 3]);
  });

  it('that come with an error count if they are later', async () => {
    const { cluster, wire } = clusterWith(answer(1, 5));
    cluster.watch(['topic']);
    await cluster.refresh();
    const endpoint = { nodeId: 9, host: 'host-9', port: 9092, rack: null };
    expect(cluster.noteLeader('topic', 0, -1, -1, [])).toBe(false);
    expect(cluster.noteLeader('topic', 0, 2, 5, [])).toBe(false);
    expect(cluster.noteLeader('topic', 0, 9, 6, [])).toBe(false);
    expect(cluster.noteLeader('topic', 0, 9, 6, [endpoint])).toBe(true);
    expect([cluster.leader('topic', 0), cluster.leaderEpoch('topic', 0)]).toEqual([9, 6]);
    expect(wire.learnt.at(-1)?.map(({ id }) => id)).toEqual([1, 2, 3, 9]);
    expect(cluster.noteLeader('other', 0, 1, 9, [])).toBe(false);
  });
});

describe('coordinators', () => {
  it.each([
    { version: 4, reply: { coordinators: [{ key: 'g', nodeId: 2, host: 'h', port: 1, errorCode: 0, errorMessage: null }] } },
    { version: 3, reply: { errorCode: 0, errorMessage: null, nodeId: 2, host: 'h', port: 1 } },
  ])('are asked once, in version $version too, until they are forgotten', async ({ version, reply }) => {
    const { cluster, wire } = clusterWith(answer(1, 0));
    wire.on(findCoordinatorApi, () => reply, [0, version]);
    const found = await Promise.all([cluster.coordinators.ofGroup('g'), cluster.coordinators.ofGroup('g')]);
    expect([found, await cluster.coordinators.ofGroup('g')]).toEqual([[2, 2], 2]);
    // It may have come back at another address.
    expect(wire.learnt.at(-1)).toEqual([{ id: 2, host: 'h', port: 1, rack: null }]);
    const asked = (): number => wire.requests.filter(({ api }) => api === 'FindCoordinator').length;
    expect(asked()).toBe(1);
    cluster.coordinators.forget('g', 1);
    await cluster.coordinators.ofGroup('g');
    expect(asked()).toBe(1);
    cluster.coordinators.forget('g', 2);
    await cluster.coordinators.ofGroup('g');
    expect(asked()).toBe(2);
  });

  it('that do not exist yet are retriable', async () => {
    const { cluster, wire } = clusterWith(answer(1, 0));
    wire.on(findCoordinatorApi, () => ({ coordinators: [] }));
    await expect(cluster.coordinators.ofGroup('g')).rejects.toMatchObject({ kind: 'retriable', details: { groupId: 'g' } });
  });
});
