/** The registry's client over HTTP: against the registry in memory behind its REST API, and against answers that only a broken one gives. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { avro, AvroCodec, AvroError, schemaRegistry } from '@millrace/avro';
import { FetchedRecords, topicPartition } from '@millrace/core/kafka';
import { VirtualClock } from '@millrace/embedded-kafka';
import { MemorySchemaRegistry, RegistryServer, startKafkaWithRegistry } from '@millrace/testing/registry';
import { afterEach, describe, expect, test } from 'vitest';

const schema = JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'a', type: 'int' }] });
const text = { schema, references: [] };
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function served(): Promise<{ readonly memory: MemorySchemaRegistry; readonly url: string }> {
  const memory = new MemorySchemaRegistry();
  const server = await RegistryServer.start(memory);
  closers.push(() => server.close());
  return { memory, url: server.url };
}

function failure(promise: unknown): Promise<AvroError> {
  return (promise as Promise<unknown>).then(
    () => {
      throw new Error('nothing was thrown');
    },
    (error: unknown) => error as AvroError,
  );
}

/** A batch of records with these values. */
function batch(...values: Uint8Array[]): FetchedRecords {
  const buffer = Buffer.concat(values);
  const positions = new Int32Array(values.length * 5).fill(-1);
  let at = 0;
  values.forEach((value, i) => {
    positions[i * 5 + 2] = at;
    positions[i * 5 + 3] = at += value.length;
  });
  const columns = { buffer, offsets: new Float64Array(values.length), timestamps: new Float64Array(values.length), positions };
  return new FetchedRecords(topicPartition('in', 0), values.length, values.length, columns);
}

const framed = (id: number, a: number): Uint8Array => Buffer.concat([Buffer.from([0, 0, 0, 0, id]), new AvroCodec(schema).encode({ a })]);

describe('calls', () => {
  test('register, look up, read back', async () => {
    const { url } = await served();
    const registry = schemaRegistry({ url });
    const id = await registry.register('r-value', text);
    expect(await registry.schema(id)).toEqual(text);
    expect(await registry.lookUp('r-value', text)).toEqual({ ...text, id, subject: 'r-value', version: 1 });
    expect(await registry.version('r-value', 'latest')).toMatchObject({ id, version: 1 });
    expect(await registry.versions('r-value')).toEqual([1]);
    expect(await registry.subjects()).toEqual(['r-value']);
  });

  test('refusals keep the words of the registry', async () => {
    const { url } = await served();
    const registry = schemaRegistry({ url });
    await registry.register('r-value', text);
    const other = { schema: schema.replace('"int"', '"string"'), references: [] };
    expect(await failure(registry.register('r-value', other))).toMatchObject({
      code: 'MR_AVRO_SCHEMA_REFUSED',
      message: expect.stringContaining("the reader's type string cannot read the writer's int"),
      details: { subject: 'r-value', status: 409, registryCode: 409 },
    });
    expect(await failure(registry.register('x', { schema: '{"type":"nothing"}', references: [] }))).toMatchObject({
      code: 'MR_AVRO_SCHEMA_REFUSED',
      details: { status: 422 },
    });
    expect(await failure(registry.schema(77))).toMatchObject({
      code: 'MR_AVRO_SCHEMA_UNKNOWN',
      details: { id: 77, status: 404, registryCode: 40403 },
    });
    expect(await failure(registry.version('nobody', 'latest'))).toMatchObject({
      code: 'MR_AVRO_SCHEMA_UNKNOWN',
      details: { subject: 'nobody' },
    });
  });

  test('subjects with slashes and spaces', async () => {
    const { memory, url } = await served();
    await schemaRegistry({ url }).register('a/b c-value', text);
    expect(memory.subjects()).toEqual(['a/b c-value']);
  });
});

type Answer = (path: string, headers: Readonly<Record<string, string>>) => Response | Promise<Response>;

/** A client whose fetch is a function, on virtual time. */
function scripted(
  answer: Answer,
  options: object = {},
): { readonly registry: ReturnType<typeof schemaRegistry>; readonly clock: VirtualClock; readonly asked: string[] } {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const fetch = (async (url: string, init: { readonly headers: Record<string, string>; readonly signal: AbortSignal }) => {
    asked.push(url);
    return await Promise.race([
      answer(url, init.headers),
      new Promise<never>((_, reject) => {
        init.signal.addEventListener('abort', () => reject(init.signal.reason as Error));
      }),
    ]);
  }) as unknown as typeof globalThis.fetch;
  return { registry: schemaRegistry({ url: ['http://one/', 'http://two'], clock, fetch, ...options }), clock, asked };
}

const good = (): Response => Response.json({ schema });

describe('trouble', () => {
  test('the next address is asked where one does not answer, and stays the first', async () => {
    const { asked, registry } = scripted((url) => {
      if (url.startsWith('http://one')) throw new TypeError('fetch failed');
      return good();
    });
    await registry.schema(1);
    await registry.schema(2);
    expect(asked).toEqual(['http://one/schemas/ids/1', 'http://two/schemas/ids/1', 'http://two/schemas/ids/2']);
  });

  test('rounds over all addresses are bounded', async () => {
    const { asked, clock, registry } = scripted(() => new Response('down', { status: 503 }), { retries: 2 });
    expect(await clock.run(failure(registry.schema(1)))).toMatchObject({
      code: 'MR_AVRO_REGISTRY_UNAVAILABLE',
      retriable: true,
      message: expect.stringContaining('answered 503: "down"'),
    });
    expect(asked).toHaveLength(6);
    expect(clock.monotonic()).toBe(300);
  });

  test('one that never answers is given up', async () => {
    const { clock, registry } = scripted(() => new Promise<never>(() => {}), { retries: 0, requestTimeout: '2s' });
    expect((await clock.run(failure(registry.schema(1)))).message).toContain('no answer within 2000 ms');
    expect(clock.monotonic()).toBe(4_000);
  });

  test.each<[string, () => Response, string]>([
    ['no JSON', () => new Response('<html>'), 'MR_AVRO_REGISTRY_REFUSED'],
    ['JSON that is no schema', () => Response.json({ schema: 5 }), 'MR_AVRO_REGISTRY_REFUSED'],
    ['a schema of another kind', () => Response.json({ schema: '', schemaType: 'PROTOBUF' }), 'MR_AVRO_SCHEMA_INVALID'],
    ['401', () => Response.json({ error_code: 40101, message: 'Unauthorized' }, { status: 401 }), 'MR_AVRO_REGISTRY_REFUSED'],
  ])('%s', async (_name, answer, code) => {
    const { asked, clock, registry } = scripted(answer);
    expect(await clock.run(failure(registry.schema(1)))).toMatchObject({ code });
    expect(asked).toHaveLength(1);
  });

  test('an answer of gigabytes is cut off', async () => {
    const chunk = new Uint8Array(1024 * 1024);
    const endless = (): Response => new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }));
    const { clock, registry } = scripted(endless, { retries: 0 });
    expect((await clock.run(failure(registry.schema(1)))).message).toContain('answered with more than');
  });

  test('authentication: user and password, a token, a token that is renewed', async () => {
    const seen: (string | undefined)[] = [];
    const answer: Answer = (_url, headers) => {
      seen.push(headers['authorization']);
      return good();
    };
    let round = 0;
    for (const auth of [{ username: 'u', password: 'p' }, { token: 't' }, { token: async () => `t${++round}` }]) {
      const { registry } = scripted(answer, { auth });
      await registry.schema(1);
      await registry.schema(2);
    }
    expect(seen).toEqual(['Basic dTpw', 'Basic dTpw', 'Bearer t', 'Bearer t', 'Bearer t1', 'Bearer t2']);
  });

  test.each([[{ url: [] }], [{ url: 'localhost:8081' }], [{ url: 'http://x', retries: -1 }], [{ url: 'http://x', requestTimeout: 0 }]])(
    'refuses %j',
    (options) => {
      expect(() => schemaRegistry(options)).toThrow('MR_AVRO_CONFIG_INVALID');
    },
  );
});

describe('what stands in front of the registry', () => {
  test('a 404 that is not the words of a registry says nothing of the schema: it is waited for', async () => {
    const { asked, registry } = scripted(() => new Response('default backend - 404', { status: 404 }), { retries: 0 });
    const error = await failure(registry.schema(5));
    expect(error).toMatchObject({ code: 'MR_AVRO_REGISTRY_UNAVAILABLE', retriable: true });
    expect(error.message).toContain('default backend - 404');
    expect(await failure(registry.versions('s'))).toMatchObject({ code: 'MR_AVRO_REGISTRY_UNAVAILABLE' });
    expect(asked.slice(0, 2)).toEqual(['http://one/schemas/ids/5', 'http://two/schemas/ids/5']);
  });
});

describe('addresses that can never work', () => {
  test('user and password within one: they would stand in messages', () => {
    const make = (): unknown => schemaRegistry({ url: 'http://user:secret@one' });
    expect(make).toThrow(/MR_AVRO_CONFIG_INVALID.*auth/);
    expect(make).not.toThrow(/secret/);
  });

  test('certificates without https', () => {
    expect(() => schemaRegistry({ url: ['https://one', 'http://two'], tls: {} })).toThrow(/MR_AVRO_CONFIG_INVALID.*http:\/\/two/);
  });
});

describe('over https', () => {
  test('where certificates are given the request goes by TLS: a server without it does not count as an answer', async () => {
    const server: Server = createServer((_request, response) => response.end('{}'));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    closers.push(
      () =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
        }),
    );
    const { port } = server.address() as AddressInfo;
    const registry = schemaRegistry({ url: `https://127.0.0.1:${port}`, tls: { ca: 'none' }, retries: 0 });
    expect(await failure(registry.schema(1))).toMatchObject({ code: 'MR_AVRO_REGISTRY_UNAVAILABLE' });
  });
});

describe('what is known is not asked again', () => {
  test('a thousand first decodes make one request', async () => {
    const { asked, registry } = scripted(async () => {
      await Promise.resolve();
      return good();
    });
    const serde = avro<{ readonly a: number }>(schema, { registry });
    const bound = serde.bind?.({ topic: 'in', role: 'value' }) ?? serde;
    await Promise.all(Array.from({ length: 1_000 }, async (_, a) => bound.prepare?.(batch(framed(5, a)), 'value')));
    expect(asked).toEqual(['http://one/schemas/ids/5']);
    const value = framed(5, 42);
    expect(bound.decode(value, 0, value.length)).toEqual({ a: 42 });
    expect(bound.prepare?.(batch(value), 'value')).toBeUndefined();
  });

  test('an id that does not exist is asked for again after a minute', async () => {
    let exists = false;
    const { asked, clock, registry } = scripted(() =>
      exists ? good() : Response.json({ error_code: 40403, message: 'Schema not found' }, { status: 404 }),
    );
    const bound = avro<unknown>(schema, { registry }).bind?.({ topic: 'in', role: 'value' });
    const value = framed(9, 1);
    const decode = (): unknown => bound?.decode(value, 0, value.length);
    await bound?.prepare?.(batch(value), 'value');
    await bound?.prepare?.(batch(value), 'value');
    expect(decode).toThrow(/MR_AVRO_SCHEMA_UNKNOWN.*Schema not found.*schema id 9/);
    expect(asked).toHaveLength(1);
    exists = true;
    await clock.advance(60_000);
    await bound?.prepare?.(batch(value), 'value');
    expect(decode()).toEqual({ a: 1 });
  });

  test('many unknown ids are asked for a few at a time', async () => {
    let under = 0;
    let most = 0;
    const { asked, registry } = scripted(async () => {
      most = Math.max(most, ++under);
      await Promise.resolve();
      under--;
      return good();
    });
    const bound = avro<unknown>(schema, { registry }).bind?.({ topic: 'in', role: 'value' });
    await bound?.prepare?.(batch(...Array.from({ length: 100 }, (_, id) => framed(id, 1))), 'value');
    expect(asked).toHaveLength(100);
    expect(most).toBeLessThanOrEqual(16);
  });
});

test('an embedded Kafka and a registry start in one call', async () => {
  await using both = await startKafkaWithRegistry();
  both.kafka.createTopic('orders');
  expect(await schemaRegistry({ url: both.registryUrl }).register('orders-value', text)).toBe(1);
  expect(both.kafka.topics()).toEqual(['orders']);
});
