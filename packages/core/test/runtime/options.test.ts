import { describe, expect, it } from 'vitest';
import { type KafkaStreamsOptions, resolveOptions } from '../../src/runtime/options.ts';

const needed: KafkaStreamsOptions = {
  applicationId: 'app',
  client: {
    create: () => {
      throw new Error('not in this test');
    },
  },
  state: {
    kind: 'memory',
    durable: false,
    synchronous: true,
    open: () => {
      throw new Error('not in this test');
    },
  },
};
const resolve = (options: Readonly<Record<string, unknown>>) => resolveOptions({ ...needed, ...options });

describe('resolveOptions', () => {
  it('fills in what Kafka Streams has as defaults', () => {
    expect(resolve({})).toMatchObject({
      clientId: 'app',
      commitIntervalMs: 30_000,
      maxTaskIdleMs: 0,
      sessionTimeoutMs: 45_000,
      heartbeatIntervalMs: 3_000,
      progressDeadlineMs: 300_000,
      rebalanceTimeoutMs: 300_000,
      bufferedRecordsPerPartition: 1_000,
      replicationFactor: -1,
      stateCleanupDelayMs: 600_000,
      repartitionPurgeIntervalMs: 30_000,
      taskTimeoutMs: 300_000,
      leaveOnClose: true,
      stateMismatch: 'stop',
      producer: { lingerMs: 100, compression: 'none' },
    });
  });

  it('takes durations as numbers and as text, and lets undefined stand for the default', () => {
    expect(
      resolve({
        commitIntervalMs: '5s',
        maxTaskIdleMs: -1,
        stateCleanupDelayMs: '2h',
        producer: { lingerMs: undefined, compression: 'zstd' },
      }),
    ).toMatchObject({
      commitIntervalMs: 5_000,
      maxTaskIdleMs: -1,
      stateCleanupDelayMs: 7_200_000,
      producer: { lingerMs: 100, compression: 'zstd' },
    });
  });

  it('stays in the group on close if the member is static, unless told', () => {
    expect(resolve({ instanceId: 'a' }).leaveOnClose).toBe(false);
    expect(resolve({ instanceId: 'a', leaveOnClose: true }).leaveOnClose).toBe(true);
  });

  it('beats often enough for a short session', () => {
    expect(resolve({ sessionTimeoutMs: 600 }).heartbeatIntervalMs).toBe(200);
  });

  it.each([
    ['applicationId', { applicationId: '' }],
    ['applicationId', { applicationId: 'a/b' }],
    ['applicationId', { applicationId: '..' }],
    ['applicationId', { applicationId: undefined }],
    ['client', { client: undefined }],
    ['state', { state: './state' }],
    ['commitIntervalMs', { commitIntervalMs: -1 }],
    ['commitIntervalMs', { commitIntervalMs: 'soon' }],
    ['commitIntervalMs', { commitIntervalMs: Number.NaN }],
    ['maxTaskIdleMs', { maxTaskIdleMs: -2 }],
    ['heartbeatIntervalMs', { heartbeatIntervalMs: 45_000 }],
    ['bufferedBytes', { bufferedBytes: 0 }],
    ['bufferedBytes', { bufferedBytes: 1.5 }],
    ['readCacheBytes', { readCacheBytes: -1 }],
    ['replicationFactor', { replicationFactor: 0 }],
    ['instanceId', { instanceId: '' }],
    ['processingGuarantee', { processingGuarantee: 'exactly_once' }],
    ['stateMismatch', { stateMismatch: 'maybe' }],
    ['commitInterval', { commitInterval: 5 }],
    ['group.id', { 'group.id': 'app' }],
    ['linger', { producer: { linger: 5 } }],
    ['onFailure', { producer: { onFailure: () => 'drop' } }],
    ['proccessing', { handlers: { proccessing: () => 'continue' } }],
    ['handlers.processing', { handlers: { processing: 'continue' } }],
    ['sliceMS', { unstable: { sliceMS: 1 } }],
    ['onStateChange', { onStateChange: 'log' }],
    ['onRestore', { onRestore: {} }],
    ['onUncaughtError', { onUncaughtError: 'replaceThread' }],
    ['commitIntervalMs', { commitIntervalMs: 1.5 }],
    ['commitIntervalMs', { commitIntervalMs: 1n }],
    ['bufferedBytes', { bufferedBytes: 1n }],
    ['replicationFactor', { replicationFactor: 3n }],
    ['applicationId', { applicationId: 5n }],
    ['stateMismatch', { stateMismatch: 1n }],
    ['instanceId', { instanceId: {} }],
    ['instanceId', { instanceId: 5n }],
    ['clientId', { clientId: {} }],
    ['topicConfigs', { topicConfigs: 5 }],
    ['topicConfigs', { topicConfigs: ['retention.ms'] }],
    ['topicConfigs', { topicConfigs: { 'retention.ms': 1000 } }],
    ['handlers.deadLetterTopic', { handlers: { deadLetterTopic: 5 } }],
    ['handlers.deadLetterTopic', { handlers: { deadLetterTopic: '' } }],
    ['leaveOnClose', { leaveOnClose: 'yes' }],
    ['handleSignals', { handleSignals: 1 }],
  ])('refuses %s: %o', (option, given) => {
    expect(() => resolve(given)).toThrow(expect.objectContaining({ code: 'MR_CONFIG_INVALID', details: { option } }));
  });

  it('says which option was likely meant', () => {
    expect(() => resolve({ commitIntervalMS: 5 })).toThrow(
      'there is no option commitIntervalMS of KafkaStreams. Did you mean commitIntervalMs?',
    );
    expect(() => resolve({ handlers: { deserialisation: () => 'continue' } })).toThrow('Did you mean deserialization?');
    expect(() => resolveOptions(undefined as never)).toThrow('the options of KafkaStreams must be an object');
  });

  it('an option that is undefined is none, whatever its name', () => {
    expect(() => resolve({ commitInterval: undefined })).not.toThrow();
  });

  it('refuses exactly-once with a code of its own', () => {
    expect(() => resolve({ processingGuarantee: 'exactly_once_v2' })).toThrow(expect.objectContaining({ code: 'MR_FEATURE_UNAVAILABLE' }));
  });
});
