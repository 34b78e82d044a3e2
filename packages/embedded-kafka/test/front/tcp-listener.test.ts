/** Bytes on a socket, good and bad. */
import { connect, type Socket } from 'node:net';
import {
  type ApiDescription,
  apiVersionsApi,
  decodeApiVersionsResponse,
  decodeResponse,
  decodeResponseHeader,
  encodeRequest,
  encodeRequestHeader,
  FrameReader,
  joinFrame,
  metadataApi,
  produceApi,
  type RequestInputOf,
} from '@millrace/kafka/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedKafka } from '../../src/index.ts';
import { batchOf } from '../support/batches.ts';

let kafka: EmbeddedKafka;
let sockets: Socket[];

beforeEach(async () => {
  kafka = await EmbeddedKafka.start({ listen: true });
  kafka.createTopic('t');
  sockets = [];
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await kafka.close();
});

/** A socket, the frames that come on it, and its end. */
class Client {
  readonly socket: Socket;
  readonly #frames: Uint8Array[] = [];
  #wake: (() => void) | undefined;
  #isClosed = false;

  constructor(address: string) {
    const [host = '', port = ''] = address.split(':');
    this.socket = connect(Number(port), host);
    sockets.push(this.socket);
    const reader = new FrameReader();
    this.socket.on('data', (chunk) => {
      this.#frames.push(...reader.push(chunk));
      this.#wake?.();
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.#isClosed = true;
      this.#wake?.();
    });
  }

  send<A extends ApiDescription>(api: A, version: number, correlationId: number, request: RequestInputOf<A>): void {
    this.socket.write(frameOf(api, version, correlationId, request));
  }

  /** The next frame, or undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    while (this.#frames.length === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#frames.shift();
  }
}

function frameOf<A extends ApiDescription>(api: A, version: number, correlationId: number, request: RequestInputOf<A>): Uint8Array {
  return joinFrame(encodeRequestHeader(api, version, correlationId, 'raw'), encodeRequest(api, version, request));
}

const noTopics = { topics: [] };

describe('the TCP front', () => {
  it('answers requests that were sent ahead in their order', async () => {
    const client = new Client(kafka.bootstrap);
    for (let id = 1; id <= 200; id++) client.send(metadataApi, id % 13, id, noTopics);
    for (let id = 1; id <= 200; id++) {
      const frame = (await client.next()) ?? new Uint8Array(0);
      const { correlationId, bodyStart } = decodeResponseHeader(metadataApi, id % 13, frame);
      expect(correlationId).toBe(id);
      expect(decodeResponse(metadataApi, id % 13, frame.subarray(bodyStart)).brokers).toHaveLength(1);
    }
  });

  it('puts frames together from single bytes', async () => {
    const client = new Client(kafka.bootstrap);
    client.socket.setNoDelay(true);
    for (const byte of frameOf(metadataApi, 12, 7, noTopics)) client.socket.write(Uint8Array.of(byte));
    expect(decodeResponseHeader(metadataApi, 12, (await client.next()) ?? new Uint8Array(0)).correlationId).toBe(7);
  });

  it('answers an ApiVersions of the future in version 0 with code 35 and what it speaks', async () => {
    const client = new Client(kafka.bootstrap);
    const header = Buffer.from(encodeRequestHeader(apiVersionsApi, 3, 9, 'raw'));
    header.writeInt16BE(99, 2);
    client.socket.write(joinFrame(header, Uint8Array.of(1, 1, 0)));
    const frame = (await client.next()) ?? new Uint8Array(0);
    const answer = decodeApiVersionsResponse(0, frame.subarray(4));
    expect(answer.errorCode).toBe(35);
    expect(answer.apiKeys.find(({ apiKey }) => apiKey === apiVersionsApi.key)).toMatchObject({ minVersion: 0, maxVersion: 4 });
    client.send(apiVersionsApi, 3, 10, { clientSoftwareName: 'raw', clientSoftwareVersion: '1' });
    expect(decodeResponseHeader(apiVersionsApi, 3, (await client.next()) ?? new Uint8Array(0)).correlationId).toBe(10);
  });

  it('says nothing to a produce without acks, and cuts the connection if it fails', async () => {
    const client = new Client(kafka.bootstrap);
    const request = (name: string): RequestInputOf<typeof produceApi> => ({
      acks: 0,
      timeoutMs: 1000,
      topicData: [{ name, partitionData: [{ index: 0, records: batchOf([{ value: 'v' }]) }] }],
    });
    client.send(produceApi, 9, 1, request('t'));
    client.send(metadataApi, 12, 2, noTopics);
    expect(decodeResponseHeader(metadataApi, 12, (await client.next()) ?? new Uint8Array(0)).correlationId).toBe(2);
    expect(kafka.records('t')).toHaveLength(1);
    client.send(produceApi, 9, 3, request('missing'));
    expect(await client.next()).toBeUndefined();
  });

  const header = (apiKey: number, version: number): Uint8Array => {
    const bytes = Buffer.alloc(8);
    bytes.writeInt16BE(apiKey, 0);
    bytes.writeInt16BE(version, 2);
    return bytes;
  };
  const hostile: [string, Uint8Array][] = [
    ['an unknown API', joinFrame(header(999, 0), new Uint8Array(0))],
    ['an API that is not emulated', joinFrame(header(24, 3), new Uint8Array(20))],
    ['a version that is told and dead', joinFrame(encodeRequestHeader(produceApi, 2, 1, 'raw'), new Uint8Array(20))],
    ['a header that is cut off', joinFrame(header(3, 12).subarray(0, 5), new Uint8Array(0))],
    ['a body that is cut off', joinFrame(encodeRequestHeader(metadataApi, 12, 1, 'raw'), Uint8Array.of(5, 1))],
    ['an array longer than the request', joinFrame(encodeRequestHeader(metadataApi, 1, 1, 'raw'), Uint8Array.of(0x7f, 0xff, 0xff, 0xff))],
    ['a negative frame', Uint8Array.of(0xff, 0xff, 0xff, 0xff)],
    ['a frame of 2 GiB', Uint8Array.of(0x7f, 0xff, 0xff, 0xff)],
    ['a web request', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ];

  it.each(hostile)('closes the connection on %s, and serves the others', async (_, bytes) => {
    const [good, bad] = [new Client(kafka.bootstrap), new Client(kafka.bootstrap)];
    bad.socket.write(bytes);
    expect(await bad.next()).toBeUndefined();
    good.send(metadataApi, 12, 1, noTopics);
    expect(await good.next()).toBeDefined();
  });

  it('keeps its port over a stop and a start, and cuts everybody in between', async () => {
    const address = kafka.bootstrap;
    const before = new Client(address);
    before.send(metadataApi, 12, 1, noTopics);
    await before.next();
    await kafka.stopBroker(1);
    expect(await before.next()).toBeUndefined();
    expect(await new Client(address).next()).toBeUndefined();
    await kafka.startBroker(1);
    expect(kafka.bootstrap).toBe(address);
    const after = new Client(address);
    after.send(metadataApi, 12, 1, noTopics);
    expect(await after.next()).toBeDefined();
  });

  it('says which port is taken', async () => {
    const port = Number(kafka.bootstrap.split(':')[1]);
    await expect(EmbeddedKafka.start({ listen: { ports: [port] } })).rejects.toMatchObject({
      code: 'MR_EMBEDDED_LISTEN_FAILED',
      details: { port },
    });
  });

  it('ends all connections when the cluster closes', async () => {
    const client = new Client(kafka.bootstrap);
    client.send(metadataApi, 12, 1, noTopics);
    await client.next();
    await kafka.close();
    expect(await client.next()).toBeUndefined();
  });
});
