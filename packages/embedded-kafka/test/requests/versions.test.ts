/** Every version that is offered can be asked and answered, with a full answer and with a refusal; and what is not offered is in the README. */
import { readFile } from 'node:fs/promises';
import {
  apis,
  decodeResponse,
  encodeRequest,
  encodeSubscription,
  type ApiDescription,
  type RequestInputOf,
} from '@millrace/kafka/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { topicConfigDefinitions } from '../../src/cluster/topic-configs.ts';
import { requestHandlers } from '../../src/requests/request-handlers.ts';
import { batchOf } from '../support/batches.ts';
import { TestCluster } from '../support/ask.ts';

let cluster: TestCluster;
let topicId: string;

beforeAll(async () => {
  cluster = await TestCluster.start({ brokers: 2 });
  cluster.kafka.createTopic('t', { replicationFactor: 2 });
  cluster.kafka.moveLeader('t', 0, 1);
  cluster.kafka.moveCoordinator('g', 1);
  const answer = await cluster.clock.run(ask('Metadata', 12, { topics: [{ topicId: noUuid, name: 't' }] }));
  // Of this shape by the description of Metadata.
  topicId = (answer as { topics: { topicId: string }[] }).topics[0]?.topicId ?? '';
});

afterAll(() => cluster.kafka.close());

const noUuid = 'AAAAAAAAAAAAAAAAAAAAAA';

function apiNamed(name: string): ApiDescription {
  const api = apis.find((each) => each.name === name);
  if (api === undefined) throw new Error(`no API ${name}`);
  return api;
}

/** A request of any API; its fields are checked by the encoder. */
async function ask(name: string, version: number, request: object): Promise<unknown> {
  const api = apiNamed(name);
  // The encoder checks what it is given, and this test is of what it takes.
  const body = encodeRequest(api, version, request as RequestInputOf<ApiDescription>);
  return decodeResponse(api, version, await cluster.wire.request(1, 'admin', api, version, body, { timeoutMs: 60_000 }));
}

/** Fields that a version has. */
function within(version: number, fields: Readonly<Record<string, readonly [since: number, until: number, value: unknown]>>): object {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, [since, until, value]]) => (version >= since && version <= until ? [[name, value]] : [])),
  );
}

const last = Infinity;
const partition = { partitionIndex: 0 };
const metadata = encodeSubscription({ topics: ['t'] });

/** By API: a request that is served, and one that is refused somewhere; both for any version. */
const requests: Readonly<Record<string, (version: number) => readonly object[]>> = {
  Produce: () =>
    [
      [topicId, 't'],
      [noUuid, 'missing'],
    ].map(([id, name]) => ({
      acks: -1,
      timeoutMs: 1000,
      topicData: [
        {
          name,
          topicId: id,
          partitionData: [
            { index: 0, records: batchOf([{ value: 'v' }]) },
            { index: 9, records: null },
          ],
        },
      ],
    })),
  Fetch: (version) =>
    [
      [topicId, 't', 0],
      [noUuid, 'missing', 0],
      [topicId, 't', 999],
    ].map(([id, topic, fetchOffset]) => ({
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1000,
      isolationLevel: 1,
      topics: [{ topic, topicId: id, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1000 }] }],
      ...within(version, { forgottenTopicsData: [7, last, []] }),
    })),
  ListOffsets: (version) =>
    [-1, -2, -3, -4, -5, 0].map((timestamp) => ({
      replicaId: -1,
      topics: [
        {
          name: 't',
          partitions: [
            { ...partition, timestamp },
            { partitionIndex: 9, timestamp },
          ],
        },
      ],
      ...within(version, { isolationLevel: [2, last, 1] }),
    })),
  Metadata: () => [{ topics: [] }, { topics: [{ name: 't' }, { name: 'missing' }, { name: 'a b' }] }],
  OffsetCommit: () =>
    ['', 'x'].map((memberId) => ({
      groupId: 'g',
      generationIdOrMemberEpoch: memberId === '' ? -1 : 5,
      memberId,
      topics: [
        { name: 't', topicId, partitions: [{ ...partition, committedOffset: 1, committedMetadata: null }] },
        { name: 'missing', topicId: noUuid, partitions: [{ ...partition, committedOffset: 1, committedMetadata: 'm' }] },
      ],
    })),
  OffsetFetch: (version) => {
    const groups = ['g', 'other'].map((groupId) => ({ groupId, topics: [{ name: 't', topicId, partitionIndexes: [0, 1] }] }));
    if (version >= 8) return [{ groups }, { groups: groups.map((group) => ({ ...group, topics: null })) }];
    return groups.map(({ groupId }) => ({ groupId, topics: [{ name: 't', partitionIndexes: [0, 1] }] }));
  },
  FindCoordinator: (version) =>
    ['g', ''].map((key) => within(version, { key: [0, 3, key], coordinatorKeys: [4, last, [key]], keyType: [1, last, 0] })),
  JoinGroup: () => [
    { groupId: 'joined', sessionTimeoutMs: 5000, memberId: 'unknown', protocolType: 'consumer', protocols: [{ name: 'range', metadata }] },
  ],
  Heartbeat: () => [{ groupId: 'g', generationId: 1, memberId: 'x' }],
  LeaveGroup: (version) => [{ groupId: 'g', ...within(version, { memberId: [0, 2, 'x'], members: [3, last, [{ memberId: 'x' }]] }) }],
  SyncGroup: () => [{ groupId: 'g', generationId: 1, memberId: 'x', assignments: [] }],
  DescribeGroups: () => [{ groups: ['g', 'missing', 'elsewhere'] }],
  ListGroups: () => [{}],
  ApiVersions: () => [{ clientSoftwareName: 'x', clientSoftwareVersion: '1' }],
  CreateTopics: (version) => [
    {
      topics: [`made-${version}`, 't'].map((name) => ({ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] })),
      timeoutMs: 1000,
    },
  ],
  DeleteTopics: (version) => [
    within(version, {
      topicNames: [0, 5, ['missing']],
      topics: [
        6,
        last,
        [
          { name: 'missing', topicId: noUuid },
          { name: null, topicId: noUuid },
        ],
      ],
      timeoutMs: [0, last, 1000],
    }),
  ],
  DeleteRecords: () => [
    {
      topics: [
        {
          name: 't',
          partitions: [
            { ...partition, offset: 0 },
            { partitionIndex: 9, offset: 0 },
          ],
        },
      ],
      timeoutMs: 1000,
    },
  ],
  InitProducerId: () => [null, 'tx'].map((transactionalId) => ({ transactionalId, transactionTimeoutMs: 1000 })),
  OffsetForLeaderEpoch: () => [
    {
      topics: [
        {
          topic: 't',
          partitions: [
            { partition: 0, leaderEpoch: 0 },
            { partition: 9, leaderEpoch: 0 },
          ],
        },
      ],
    },
  ],
  DescribeConfigs: () => [
    {
      resources: [
        [2, 't'],
        [2, 'missing'],
        [4, '1'],
        [4, ''],
        [4, '9'],
        [8, 'x'],
      ].map(([resourceType, resourceName]) => ({ resourceType, resourceName, configurationKeys: null })),
      includeSynonyms: true,
    },
  ],
  AlterConfigs: () => [
    {
      resources: [
        [2, 't'],
        [2, 'missing'],
        [4, '1'],
      ].map(([resourceType, resourceName]) => ({ resourceType, resourceName, configs: [] })),
      validateOnly: true,
    },
  ],
  CreatePartitions: () => [
    { topics: ['t', 'missing'].map((name) => ({ name, count: 1, assignments: null })), timeoutMs: 1000, validateOnly: true },
  ],
  DeleteGroups: () => [{ groupsNames: ['missing', 'elsewhere'] }],
  IncrementalAlterConfigs: () => [
    {
      resources: [
        [2, 't'],
        [2, 'missing'],
        [4, '1'],
        [8, 'x'],
      ].map(([resourceType, resourceName]) => ({ resourceType, resourceName, configs: [] })),
      validateOnly: true,
    },
  ],
  OffsetDelete: () => ['g', 'missing'].map((groupId) => ({ groupId, topics: [{ name: 't', partitions: [partition] }] })),
  DescribeCluster: () => [{ includeClusterAuthorizedOperations: false }],
  DescribeProducers: () => [{ topics: [{ name: 't', partitionIndexes: [0, 9] }] }],
  DescribeTopicPartitions: () => [{ topics: [{ name: 't' }, { name: 'missing' }] }],
};

describe('offered versions', () => {
  const table = requestHandlers.flatMap(({ api, versions: [min, max] }) =>
    Array.from({ length: max - min + 1 }, (_, index) => [api.name, min + index] as const),
  );

  it.each(table)('%s %i', async (name, version) => {
    const all = requests[name]?.(version) ?? [];
    expect(all.length).toBeGreaterThan(0);
    for (const request of all) expect(await cluster.clock.run(ask(name, version, request))).toBeDefined();
  });

  it('name their new errors in the words of the request', async () => {
    const wrongEndpoint = await cluster.clock.run(
      ask('DescribeCluster', 1, { includeClusterAuthorizedOperations: false, endpointType: 2 }),
    );
    expect(wrongEndpoint).toMatchObject({ errorCode: 114 });
    const nameless = await cluster.clock.run(ask('ApiVersions', 3, { clientSoftwareName: '', clientSoftwareVersion: '' }));
    expect(nameless).toMatchObject({ errorCode: 42 });
  });
});

describe('the README', () => {
  it('lists what is served, with its versions, and everything else as not emulated', async () => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    const [, servedText = '', missingText = ''] = readme.split(/^## (?:Served|Not emulated)$/m);
    const served = [...servedText.matchAll(/^\| (\w+) \| (\d+)-(\d+) \|/gm)].map(([, name, min, max]) => [name, Number(min), Number(max)]);
    const byName = (a: unknown[], b: unknown[]): number => String(a[0]).localeCompare(String(b[0]));
    expect(served.sort(byName)).toEqual(requestHandlers.map(({ api, versions }) => [api.name, ...versions]).sort(byName));
    const handled = new Set(requestHandlers.map(({ api }) => api.name));
    const missing = [...missingText.matchAll(/`(\w+)`/g)].map(([, name]) => name);
    const absent = apis.map(({ name }) => name).filter((name) => !handled.has(name));
    expect(absent.filter((name) => !missing.includes(name))).toEqual([]);
    expect(missing.filter((name) => handled.has(name ?? ''))).toEqual([]);
  });

  it('lists the settings that have an effect', async () => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    const [, text = ''] = /These have an effect: ([^]*?)\. Kafka/.exec(readme) ?? [];
    const listed = [...text.matchAll(/`([\w.]+)`/g)].map(([, name]) => name);
    expect(listed).toEqual(Object.entries(topicConfigDefinitions).flatMap(([name, { hasEffect }]) => (hasEffect === true ? [name] : [])));
  });
});
