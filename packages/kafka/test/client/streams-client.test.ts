import { silentLogger, type StreamsClient } from '@millrace/core/kafka';
import { describe, expect, it } from 'vitest';
import * as spoken from '../../src/client/spoken-versions.ts';
import { clientOver } from '../../src/client/streams-client.ts';
import { fetchApi } from '../../src/protocol/messages/fetch.ts';
import { metadataApi } from '../../src/protocol/messages/metadata.ts';
import { offsetFetchApi } from '../../src/protocol/messages/offset-fetch.ts';
import { txnOffsetCommitApi } from '../../src/protocol/messages/txn-offset-commit.ts';
import { deleteRecordsApi } from '../../src/protocol/messages/delete-records.ts';
import { WireError } from '../../src/wire/wire-error.ts';
import { ManualClock } from './support/manual-clock.ts';
import { ScriptedWire } from './support/scripted-wire.ts';

/** A broker that offers what is needed, and nothing else. */
function sufficientWire(): ScriptedWire {
  const wire = new ScriptedWire();
  for (const { api, min, max } of spoken.neededApis) wire.offer(api, min, max);
  return wire.on(metadataApi, () => ({ brokers: [{ nodeId: 1, host: 'h', port: 1 }], controllerId: 1, topics: [] }), [9, 12]);
}

function clientOn(wire: ScriptedWire): StreamsClient {
  return clientOver(() => wire).create({ clientId: 'test', clock: new ManualClock(), log: silentLogger });
}

describe('connecting', () => {
  it('tells what the brokers offer beyond the least', async () => {
    const wire = sufficientWire();
    expect(await clientOn(wire).connect()).toEqual({ topicIds: true, staticMembers: true, deleteRecords: false, transactions: false });
    wire.offer(deleteRecordsApi, 0, 2).offer(txnOffsetCommitApi, 0, 3).offer(fetchApi, 4, 12);
    expect(await clientOn(wire).connect()).toEqual({ topicIds: false, staticMembers: true, deleteRecords: true, transactions: true });
  });

  it.each(spoken.neededApis.map((needed) => [needed.api.name, needed] as const))(
    'refuses a broker without the needed %s',
    async (name, needed) => {
      const wire = sufficientWire().offer(needed.api, 0, needed.min - 1);
      await expect(clientOn(wire).connect()).rejects.toMatchObject({ kind: 'fatal', details: { api: name } });
    },
  );

  it('refuses a broker that dropped what we speak', async () => {
    const wire = sufficientWire().offer(offsetFetchApi, 10, 12);
    await expect(clientOn(wire).connect()).rejects.toMatchObject({ kind: 'fatal', details: { api: 'OffsetFetch' } });
  });

  it('can be tried again while nobody answers', async () => {
    const wire = sufficientWire();
    const { versions } = wire;
    wire.versions = () => Promise.reject(new WireError('refused', 'nobody listens', { maybeSent: false }));
    const client = clientOn(wire);
    await expect(client.connect()).rejects.toMatchObject({ kind: 'retriable' });
    wire.versions = versions;
    await expect(client.connect()).resolves.toMatchObject({ staticMembers: true });
  });
});

describe('closing', () => {
  it('ends what was made and not closed, and then the wire', async () => {
    const wire = sufficientWire();
    const client = clientOn(wire);
    await client.connect();
    const reader = client.reader({ isolation: 'uncommitted', role: 'main', maxBufferedBytes: 1_000 });
    const producer = client.producer({ lingerMs: 0, compression: 'none', maxBatchBytes: 1, maxBufferedBytes: 1, deliveryTimeoutMs: 1 });
    const polled = reader.poll({ maxWaitMs: 1_000 }).catch((error: unknown) => error);
    await client.close();
    await client.close();
    expect(wire.isClosed).toBe(true);
    expect(await polled).toMatchObject({ details: { closed: true } });
    await expect(producer.flush()).rejects.toMatchObject({ details: { closed: true } });
    expect(() => client.admin()).toThrow('was closed');
    expect((client.clock as ManualClock).pendingTimers).toBe(0);
  });
});
