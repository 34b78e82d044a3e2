/** What is particular to each library: its configuration, its logging, and the timers that it must not leave behind. */
import { type Logger, silentLogger, systemClock } from '@millrace/core/kafka';
import { Kafka } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeResponse, encodeRequest } from '../../src/protocol/message.ts';
import { metadataApi } from '../../src/protocol/messages/metadata.ts';
import { kafkajsWire } from '../../src/wire/kafkajs/kafkajs-wire.ts';
import { platformaticWire } from '../../src/wire/platformatic/platformatic-wire.ts';
import type { Channel, WireFactory, WirePort } from '../../src/wire/wire-port.ts';
import { type SmallBroker, startSmallBroker } from './small-broker.ts';

let broker: SmallBroker;
const wires: WirePort[] = [];

beforeEach(async () => {
  broker = await startSmallBroker();
});

afterEach(async () => {
  for (const wire of wires.splice(0)) await wire.close();
  await broker.close();
});

function create(factory: WireFactory, log: Logger = silentLogger): WirePort {
  const wire = factory({ clientId: 'the-application', clock: systemClock, log });
  wires.push(wire);
  return wire;
}

async function ask(wire: WirePort, channel: Channel = 'control'): Promise<number> {
  const body = encodeRequest(metadataApi, 9, { topics: [] });
  return decodeResponse(metadataApi, 9, await wire.request('any', channel, metadataApi, 9, body, { timeoutMs: 10_000 })).topics.length;
}

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describe.each([
  ['kafkajs', () => kafkajsWire({ brokers: [broker.address] })],
  ['@platformatic/kafka', () => platformaticWire({ bootstrapBrokers: [broker.address] })],
])('%s', (_name, factory) => {
  it('leaves no timer behind, neither between requests nor after the end', async () => {
    const before = timers();
    const wire = create(factory());
    for (const channel of ['control', 'fetch', 'produce'] as const) expect(await ask(wire, channel)).toBe(0);
    // A timer that was due when the answer came fires at most once more.
    // One that stays keeps this waiting until the test's own time is over.
    while (timers() > before) await new Promise((resolve) => setImmediate(resolve));
    await wire.close();
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it("sends the application's client id", async () => {
    await ask(create(factory()));
    expect(new Set(broker.clientIds)).toEqual(new Set(['the-application']));
  });

  it('names the address and the reason of a refused connection', async () => {
    await broker.close();
    await expect(ask(create(factory()))).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/no connection to 127\.0\.0\.1:\d+: check that a broker listens there .*ECONNREFUSED/),
    });
  });
});

describe('kafkajs', () => {
  it('takes an instance as it is', async () => {
    const instance = new Kafka({ brokers: [broker.address], clientId: 'their-own', logCreator: () => () => {} });
    expect(await ask(create(kafkajsWire(instance)))).toBe(0);
    expect(new Set(broker.clientIds)).toEqual(new Set(['their-own']));
  });

  it('keeps a client id that was configured, and asks a function for the brokers', async () => {
    expect(await ask(create(kafkajsWire({ brokers: () => [broker.address], clientId: 'configured' })))).toBe(0);
    expect(new Set(broker.clientIds)).toEqual(new Set(['configured']));
  });

  it("speaks through the application's logger", async () => {
    const lines: string[] = [];
    const push = (message: string): void => void lines.push(message);
    await broker.close();
    await expect(
      ask(create(kafkajsWire({ brokers: [broker.address] }), { debug: push, info: push, warn: push, error: push })),
    ).rejects.toThrow(/MR_WIRE_REFUSED/);
    expect(lines.some((line) => line.startsWith('kafkajs: Connection error'))).toBe(true);
  });

  it('refuses brokers that are none', async () => {
    await expect(ask(create(kafkajsWire({ brokers: [] })))).rejects.toMatchObject({
      kind: 'configuration',
      retriable: false,
      maybeSent: false,
    });
  });

  it('of another shape is refused by the name of what is missing', () => {
    const changed = new Kafka({ brokers: [broker.address] });
    const { consumer } = changed;
    changed.consumer = (config) => {
      config?.partitionAssigners?.[0]?.({
        cluster: { rootLogger: {}, connectionPoolBuilder: { build: () => {} } } as never,
        groupId: '',
        logger: changed.logger(),
      });
      return consumer.call(changed, { groupId: 'unused' });
    };
    expect(() => create(kafkajsWire(changed))).toThrow(
      /MR_WIRE_CONFIGURATION: this kafkajs has no cluster\.brokerPool: install kafkajs 2\.2\.4/,
    );
  });
});

describe('@platformatic/kafka', () => {
  it.each(['localhost', 'localhost:', 'a:b', 'a:70000', 'http://a:1', ''])('refuses "%s" as an address', (address) => {
    expect(() => platformaticWire({ bootstrapBrokers: [address] })).toThrow(/MR_WIRE_CONFIGURATION: "[^"]*" is no broker address/);
  });

  it('takes addresses in parts', async () => {
    const [host = '', port] = broker.address.split(':');
    expect(await ask(create(platformaticWire({ bootstrapBrokers: [{ host, port: Number(port) }] })))).toBe(0);
  });
});
