import { silentLogger } from '@millrace/core/kafka';
import { describe, expect, it } from 'vitest';
import { kafka } from '../../src/client/kafka.ts';
import { kafkajs } from '../../src/kafkajs.ts';
import { platformatic } from '../../src/platformatic.ts';
import { lazyWire } from '../../src/client/lazy-wire.ts';
import { heartbeatApi } from '../../src/protocol/messages/heartbeat.ts';
import { encodeRequest } from '../../src/protocol/message.ts';
import { ManualClock } from './support/manual-clock.ts';
import { ScriptedWire } from './support/scripted-wire.ts';

const context = { clientId: 'test', clock: new ManualClock(), log: silentLogger };
const body = encodeRequest(heartbeatApi, 4, { groupId: 'g', generationId: 1, memberId: 'm' });
const nodes = [{ id: 1, host: 'h', port: 1 }];

describe('a lazy wire', () => {
  it('loads its library once, on first use, and hands on what it learnt before', async () => {
    const inner = new ScriptedWire().on(heartbeatApi, () => ({ errorCode: 0 }));
    let loads = 0;
    const wire = lazyWire(() => {
      loads++;
      return Promise.resolve(() => inner);
    }, 'install it')(context);
    wire.learnNodes(nodes);
    expect(loads).toBe(0);
    await Promise.all([1, 2].map(() => wire.request(1, 'control', heartbeatApi, 4, body, { timeoutMs: 1 })));
    await wire.versions(1, { timeoutMs: 1 });
    wire.learnNodes([]);
    expect([loads, inner.requests.length, inner.learnt]).toEqual([1, 2, [nodes, []]]);
    await wire.close();
    expect(inner.isClosed).toBe(true);
  });

  it('says how to install what is not there', async () => {
    const missing = new Error('Cannot find package');
    const wire = lazyWire(() => Promise.reject(missing), 'run "npm install it"')(context);
    await expect(wire.versions('any', { timeoutMs: 1 })).rejects.toMatchObject({
      kind: 'configuration',
      message: expect.stringContaining('run "npm install it"') as string,
      cause: missing,
      maybeSent: false,
    });
    await wire.close();
  });

  it('that is closed while it loads opens nothing', async () => {
    const wire = lazyWire(() => Promise.resolve(() => new ScriptedWire()), '')(context);
    const pending = wire.versions('any', { timeoutMs: 1 }).catch((error: unknown) => error);
    await wire.close();
    expect(await pending).toMatchObject({ kind: 'closed' });
  });
});

describe('kafka()', () => {
  it('asks for a broker', () => {
    expect(() => kafka({ brokers: [] })).toThrow('at least one broker');
  });

  it.each(['foo', 'foo:', 'foo:x', ' ', ''])('refuses %j as a broker', (broker) => {
    expect(() => kafka({ brokers: ['localhost:9092', broker] })).toThrow('host:port');
  });

  it.each([undefined, null, {}, { brokers: 'localhost:9092' }, { brokers: 5n }])('asks for a list of brokers, given %o', (options) => {
    expect(() => kafka(options as never)).toThrow('at least one broker');
  });

  it.each([5n, null, {}])('refuses what is no text as a broker: %o', (broker) => {
    expect(() => kafka({ brokers: [broker] } as never)).toThrow('host:port');
  });

  it.each<[string, () => unknown]>([
    ['kafka', () => kafka({ brokers: ['localhost:9092'], ssll: true } as never)],
    ['kafkajs', () => kafkajs({ brokers: ['localhost:9092'] }, { ssll: true } as never)],
    ['platformatic', () => platformatic({ bootstrapBrokers: ['localhost:9092'] }, { ssll: true } as never)],
  ])('%s refuses an option that there is not', (name, create) => {
    expect(create).toThrow(expect.objectContaining({ code: 'MR_CONFIG_INVALID', details: { option: 'ssll' } }));
    expect(create).toThrow(`there is no option ssll of ${name}.`);
  });

  it('connects to nothing before it is told to', async () => {
    const client = kafka({ brokers: ['192.0.2.1:9092'] }).create(context);
    await client.close();
    await expect(client.connect()).rejects.toMatchObject({ details: { closed: true } });
    expect(context.clock.pendingTimers).toBe(0);
  });
});
