/** The wire over a library that does as the test says, on a clock that the test moves. */
import { readFileSync } from 'node:fs';
import { type Clock, silentLogger, type Timer } from '@millrace/core/kafka';
import { describe, expect, it } from 'vitest';
import { decodeRequest, encodeResponse } from '../../src/protocol/message.ts';
import { apiVersionsApi } from '../../src/protocol/messages/api-versions.ts';
import { metadataApi } from '../../src/protocol/messages/metadata.ts';
import type { ApiDescription } from '../../src/protocol/schema.ts';
import { ConnectionWire } from '../../src/wire/connection-wire.ts';
import type { Address, Connector, Link, LinkOpening } from '../../src/wire/link.ts';
import { WireError } from '../../src/wire/wire-error.ts';

interface Sent {
  readonly api: string;
  readonly version: number;
  readonly body: Uint8Array;
  readonly answer: (bytes: Uint8Array) => void;
  readonly fail: (error: WireError) => void;
}

class FakeLink implements Link {
  readonly sent: Sent[] = [];
  isDestroyed = false;
  isOpenNow = true;

  isOpen(): boolean {
    return this.isOpenNow && !this.isDestroyed;
  }

  send(api: ApiDescription, version: number, body: Uint8Array): Promise<Uint8Array> {
    return new Promise((answer, fail) => this.sent.push({ api: api.name, version, body, answer, fail }));
  }

  destroy(): void {
    this.isDestroyed = true;
    for (const { fail } of this.sent) fail(new WireError('disconnected', 'destroyed'));
  }
}

interface Opening {
  readonly address: Address;
  readonly link: FakeLink;
  isCancelled: boolean;
  readonly succeed: () => void;
  readonly fail: (error: WireError) => void;
}

class FakeConnector implements Connector {
  readonly openings: Opening[] = [];
  isClosed = false;

  bootstrap(): Promise<readonly Address[]> {
    return Promise.resolve([
      { host: 'boot', port: 1 },
      { host: 'boot', port: 2 },
    ]);
  }

  open(address: Address): LinkOpening {
    const link = new FakeLink();
    let opening: Opening | undefined;
    const promise = new Promise<Link>((resolve, reject) => {
      opening = { address, link, isCancelled: false, succeed: () => resolve(link), fail: reject };
      this.openings.push(opening);
    });
    return {
      link: promise,
      cancel: () => {
        if (opening !== undefined) opening.isCancelled = true;
      },
    };
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  at(index: number): Opening {
    const opening = this.openings[index];
    if (opening === undefined) throw new Error(`there was no opening ${index}`);
    return opening;
  }
}

/** Timers fire when the test says so. */
class ManualClock implements Clock {
  #nowMs = 0;
  #timers: { readonly atMs: number; readonly callback: () => void }[] = [];

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.push(timer);
    return { cancel: () => (this.#timers = this.#timers.filter((other) => other !== timer)) };
  }

  yield(): Promise<void> {
    return Promise.resolve();
  }

  get waiting(): number {
    return this.#timers.length;
  }

  async advance(byMs: number): Promise<void> {
    this.#nowMs += byMs;
    const due = this.#timers.filter(({ atMs }) => atMs <= this.#nowMs).sort((a, b) => a.atMs - b.atMs);
    this.#timers = this.#timers.filter((timer) => !due.includes(timer));
    for (const { callback } of due) callback();
    await settled();
  }
}

/** Long enough for every chain of microtasks in a wire. */
async function settled(): Promise<void> {
  for (let count = 0; count < 50; count++) await Promise.resolve();
}

function scene(): { clock: ManualClock; connector: FakeConnector; wire: ConnectionWire } {
  const clock = new ManualClock();
  const connector = new FakeConnector();
  return { clock, connector, wire: new ConnectionWire({ clientId: 'c', clock, log: silentLogger }, connector) };
}

const body = Uint8Array.of(1);
const timeoutMs = 100;

/** `kind` of the error, or the bytes. */
function outcome(work: Promise<Uint8Array>): Promise<unknown> {
  return work.then(
    (bytes) => [...bytes],
    (error: unknown) => (error instanceof WireError ? error.kind : error),
  );
}

describe('a search for any node', () => {
  it('tries known nodes first, then configured ones, and goes on where it was the next time', async () => {
    const { connector, wire } = scene();
    wire.learnNodes([{ id: 4, host: 'known', port: 9 }]);
    const work = outcome(wire.request('any', 'control', metadataApi, 1, body, { timeoutMs }));
    await settled();
    for (const [index, address] of ['known:9', 'boot:1', 'boot:2'].entries()) {
      expect(`${connector.at(index).address.host}:${connector.at(index).address.port}`).toBe(address);
      if (index < 2) connector.at(index).fail(new WireError('refused', 'no', { maybeSent: false }));
      await settled();
    }
    connector.at(2).succeed();
    await settled();
    connector.at(2).link.sent[0]?.answer(Uint8Array.of(7));
    expect(await work).toEqual([7]);
    const second = outcome(wire.request('any', 'admin', metadataApi, 1, body, { timeoutMs }));
    await settled();
    connector.at(3).fail(new WireError('refused', 'no', { maybeSent: false }));
    await settled();
    expect(connector.at(4).address.port).toBe(2);
    await wire.close();
    expect(await second).toBe('closed');
  });

  it('fails as the last of them did', async () => {
    const { connector, wire } = scene();
    const work = outcome(wire.request('any', 'control', metadataApi, 1, body, { timeoutMs }));
    await settled();
    connector.at(0).fail(new WireError('authentication', 'no'));
    await settled();
    connector.at(1).fail(new WireError('refused', 'no'));
    expect(await work).toBe('refused');
  });

  it('stops when nobody waits for it any more', async () => {
    const { clock, connector, wire } = scene();
    const work = outcome(wire.request('any', 'control', metadataApi, 1, body, { timeoutMs }));
    await settled();
    await clock.advance(timeoutMs);
    expect(await work).toBe('timeout');
    expect(connector.at(0).isCancelled).toBe(true);
    connector.at(0).fail(new WireError('refused', 'no'));
    await settled();
    expect(connector.openings).toHaveLength(1);
  });
});

describe('a connection', () => {
  const openLane = async ({ connector, wire }: ReturnType<typeof scene>): Promise<FakeLink> => {
    wire.learnNodes([{ id: 1, host: 'a', port: 1 }]);
    const work = wire.request(1, 'fetch', metadataApi, 1, body, { timeoutMs });
    connector.at(connector.openings.length - 1).succeed();
    await settled();
    const { link } = connector.at(connector.openings.length - 1);
    link.sent.shift()?.answer(body);
    await work;
    return link;
  };

  it('on which a request timed out takes no more, and closes once the others have their answers', async () => {
    const all = scene();
    const link = await openLane(all);
    const patient = outcome(all.wire.request(1, 'fetch', metadataApi, 1, Uint8Array.of(2), { timeoutMs: 1000 }));
    const hasty = outcome(all.wire.request(1, 'fetch', metadataApi, 1, Uint8Array.of(3), { timeoutMs: 10 }));
    await all.clock.advance(10);
    expect(await hasty).toBe('timeout');
    const next = outcome(all.wire.request(1, 'fetch', metadataApi, 1, Uint8Array.of(4), { timeoutMs: 1000 }));
    expect(all.connector.openings).toHaveLength(2);
    expect(link.isDestroyed).toBe(false);
    link.sent[0]?.answer(Uint8Array.of(5));
    expect(await patient).toEqual([5]);
    expect(link.isDestroyed).toBe(true);
    all.connector.at(1).succeed();
    await settled();
    all.connector.at(1).link.sent[0]?.answer(Uint8Array.of(6));
    expect(await next).toEqual([6]);
    expect(all.clock.waiting).toBe(0);
  });

  it('that broke is not used again, whether a request noticed it or not', async () => {
    const all = scene();
    const link = await openLane(all);
    const failed = outcome(all.wire.request(1, 'fetch', metadataApi, 1, body, { timeoutMs }));
    await settled();
    link.sent[0]?.fail(new WireError('disconnected', 'reset'));
    expect(await failed).toBe('disconnected');
    const second = await openLane(all);
    expect(second).not.toBe(link);
    second.isOpenNow = false;
    const third = await openLane(all);
    expect(third).not.toBe(second);
    expect(all.connector.openings).toHaveLength(3);
  });

  it('whose opening outlives its waiters is closed as soon as it is open', async () => {
    const { clock, connector, wire } = scene();
    wire.learnNodes([{ id: 1, host: 'a', port: 1 }]);
    const work = outcome(wire.request(1, 'fetch', metadataApi, 1, body, { timeoutMs: 10 }));
    await clock.advance(10);
    expect(await work).toBe('timeout');
    connector.at(0).succeed();
    await settled();
    expect(connector.at(0).link.isDestroyed).toBe(true);
    expect(connector.at(0).link.sent).toHaveLength(0);
  });

  it('is kept when its node is told again at the same address', async () => {
    const all = scene();
    const link = await openLane(all);
    all.wire.learnNodes([
      { id: 1, host: 'a', port: 1, rack: 'r' },
      { id: 2, host: 'b', port: 2 },
    ]);
    expect(link.isDestroyed).toBe(false);
    all.wire.learnNodes([{ id: 2, host: 'b', port: 2 }]);
    expect(link.isDestroyed).toBe(true);
  });

  it('reports of a failed opening that nothing was sent', async () => {
    const { connector, wire } = scene();
    wire.learnNodes([{ id: 1, host: 'a', port: 1 }]);
    const work = wire.request(1, 'fetch', metadataApi, 1, body, { timeoutMs });
    connector.at(0).fail(new WireError('disconnected', 'reset while it logged in'));
    await expect(work).rejects.toMatchObject({
      kind: 'disconnected',
      maybeSent: false,
      details: { node: 1, channel: 'fetch', api: 'Metadata', version: 1 },
    });
  });
});

describe('versions', () => {
  const answer = (version: number, errorCode: number, max: number): Uint8Array =>
    encodeResponse(apiVersionsApi, version, { errorCode, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: max }] });

  it.each([
    ['a broker of today', [[4, answer(4, 0, 4)]]],
    [
      'one that tells which version it speaks',
      [
        [4, answer(0, 35, 2)],
        [2, answer(2, 0, 2)],
      ],
    ],
    [
      'one that tells nothing',
      [
        [4, encodeResponse(apiVersionsApi, 0, { errorCode: 35, apiKeys: [] })],
        [0, answer(0, 0, 0)],
      ],
    ],
  ] as const)('are asked of %s', async (_name, exchange) => {
    const { connector, wire } = scene();
    wire.learnNodes([{ id: 1, host: 'a', port: 1 }]);
    const asked = [wire.versions(1, { timeoutMs }), wire.versions(1, { timeoutMs })];
    connector.at(0).succeed();
    for (const [index, [version, bytes]] of exchange.entries()) {
      await settled();
      const { sent } = connector.at(0).link;
      expect(sent).toHaveLength(index + 1);
      expect(sent[index]).toMatchObject({ api: 'ApiVersions', version });
      sent[index]?.answer(bytes);
    }
    const [first, second] = await Promise.all(asked);
    expect(first?.apis.get(18)).toBeDefined();
    expect(second).toBe(first);
  });

  it('are asked in the name of this package and its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string };
    const { connector, wire } = scene();
    wire.learnNodes([{ id: 1, host: 'a', port: 1 }]);
    const asked = wire.versions(1, { timeoutMs });
    connector.at(0).succeed();
    await settled();
    const sent = decodeRequest(apiVersionsApi, 4, connector.at(0).link.sent[0]?.body ?? body);
    expect(sent).toEqual({ clientSoftwareName: 'millrace', clientSoftwareVersion: version });
    connector.at(0).link.sent[0]?.answer(answer(4, 0, 4));
    await asked;
  });

  it('that are refused for good are told as unsupported', async () => {
    const { connector, wire } = scene();
    wire.learnNodes([{ id: 1, host: 'a', port: 1 }]);
    const asked = wire.versions(1, { timeoutMs });
    connector.at(0).succeed();
    await settled();
    connector.at(0).link.sent[0]?.answer(answer(4, 31, 4));
    await expect(asked).rejects.toMatchObject({ kind: 'unsupported', retriable: false });
  });
});

describe('close', () => {
  it('ends what is pending, what is being opened, and the library', async () => {
    const { clock, connector, wire } = scene();
    wire.learnNodes([{ id: 1, host: 'a', port: 1 }]);
    const opening = outcome(wire.request(1, 'fetch', metadataApi, 1, body, { timeoutMs }));
    const pending = outcome(wire.request(1, 'admin', metadataApi, 1, body, { timeoutMs }));
    connector.at(1).succeed();
    await settled();
    await wire.close();
    expect([await opening, await pending]).toEqual(['closed', 'closed']);
    expect(connector.at(0).isCancelled).toBe(true);
    expect(connector.at(1).link.isDestroyed).toBe(true);
    expect(connector.isClosed).toBe(true);
    expect(clock.waiting).toBe(0);
  });
});
