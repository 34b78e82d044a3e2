import { ClientError } from '@millrace/core/kafka';
import { describe, expect, it } from 'vitest';
import { Requester } from '../../src/client/requester.ts';
import * as spoken from '../../src/client/spoken-versions.ts';
import { heartbeatApi } from '../../src/protocol/messages/heartbeat.ts';
import { WireError, type WireErrorKind } from '../../src/wire/wire-error.ts';
import { ScriptedWire, testContext } from './support/scripted-wire.ts';

const request = { groupId: 'g', generationId: 1, memberId: 'm' };

function requester(wire: ScriptedWire): Requester {
  return new Requester(wire, testContext());
}

describe('the version of a request', () => {
  it.each([
    { offered: [0, 4], used: 4 },
    { offered: [0, 9], used: 4 },
    { offered: [2, 3], used: 3 },
  ] as const)('is the highest that both sides speak: broker $offered, $used', async ({ offered, used }) => {
    const wire = new ScriptedWire().on(heartbeatApi, () => ({ errorCode: 0 }), offered);
    const { version } = await requester(wire).call(3, 'control', spoken.heartbeat, request);
    expect([version, wire.requests]).toEqual([used, [{ node: 3, channel: 'control', api: 'Heartbeat', version: used }]]);
  });

  it.each([
    { what: 'a broker that is too old', offered: [0, 2], says: 'offers 0 to 2' },
    { what: 'a broker that is too new', offered: [5, 7], says: 'offers 5 to 7' },
    { what: 'a broker without the API', offered: undefined, says: 'does not offer it' },
  ] as const)('refuses $what, and says what is needed', async ({ offered, says }) => {
    const wire = new ScriptedWire();
    if (offered !== undefined) wire.offer(heartbeatApi, offered[0], offered[1]);
    const error: unknown = await requester(wire)
      .call(3, 'control', spoken.heartbeat, request)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({ kind: 'fatal', details: { api: 'Heartbeat', node: '3' } });
    expect((error as ClientError).message).toContain('Heartbeat version 3 to 4 is needed');
    expect((error as ClientError).message).toContain(says);
    expect(wire.requests).toEqual([]);
  });
});

describe('a failure', () => {
  it.each<[WireErrorKind, string]>([
    ['disconnected', 'retriable'],
    ['timeout', 'retriable'],
    ['refused', 'retriable'],
    ['unknown-node', 'retriable'],
    ['authentication', 'fatal'],
    ['unsupported', 'fatal'],
    ['configuration', 'fatal'],
  ])('of the wire (%s) is %s', async (kind, expected) => {
    const cause = new WireError(kind, 'the wire says why', { details: { address: 'host:1' } });
    const wire = new ScriptedWire().on(heartbeatApi, () => cause);
    await expect(requester(wire).call(3, 'control', spoken.heartbeat, request)).rejects.toMatchObject({
      kind: expected,
      cause,
      details: { node: '3', api: 'Heartbeat', address: 'host:1' },
      message: `MR_CLIENT_${expected.toUpperCase()}: Heartbeat to node 3 failed: the wire says why`,
    });
  });

  it('to read the answer, or to write the request, is fatal', async () => {
    const wire = new ScriptedWire().on(heartbeatApi, () => ({ errorCode: 0 }));
    await expect(requester(wire).call(3, 'control', spoken.heartbeat, { ...request, generationId: 0.5 })).rejects.toMatchObject({
      kind: 'fatal',
    });
    wire.request = () => Promise.resolve(new Uint8Array([1]));
    await expect(requester(wire).call(3, 'control', spoken.heartbeat, request)).rejects.toMatchObject({
      kind: 'fatal',
      cause: { code: 'MR_PROTOCOL_MALFORMED' },
    });
  });
});

describe('a closed requester', () => {
  it('sends nothing, and says of what was under way that it was closed', async () => {
    const wire = new ScriptedWire().on(heartbeatApi, () => new WireError('closed', 'closed'));
    const closed = requester(wire);
    const pending = closed.call(3, 'control', spoken.heartbeat, request).catch((thrown: unknown) => thrown);
    closed.close();
    expect(await pending).toMatchObject({ kind: 'fatal', details: { closed: true } });
    const sent = wire.requests.length;
    await expect(closed.call(3, 'control', spoken.heartbeat, request)).rejects.toMatchObject({ details: { closed: true } });
    await expect(closed.versions(3)).rejects.toMatchObject({ details: { closed: true } });
    expect(wire.requests.length).toBe(sent);
  });
});
