/** What every wire to a real socket must do, as tests: many requests at once, exact time-outs, and brokers that are away, freeze or die. */
import { metadataApi } from '../protocol/messages/metadata.ts';
import { encodeRequest } from '../protocol/message.ts';
import { channels } from '../wire/wire-port.ts';
import type { TestTools } from './test-tools.ts';
import { failureOf, type WireConformanceOptions, WireScene } from './wire-scene.ts';

/** How much later than a plain timer of the same length, set beside it, a time-out may come: both are as late as the machine is busy. */
const latenessMs = 400;
/** At once, on a busy machine: far below the time-out of the request. */
const promptMs = 5_000;

export function describeWireConformance({ describe, it, expect }: TestTools, options: WireConformanceOptions): void {
  const test = (name: string, body: (scene: WireScene) => Promise<void>, setting?: Parameters<typeof WireScene.run>[2]): void =>
    it(name, () => WireScene.run(options, body, setting), 60_000);

  describe(`wire: ${options.name}`, () => {
    describe('requests', () => {
      test('are answered by any node and by a node whose address was learnt', async (scene) => {
        const { brokers } = await scene.ask('any', 'control');
        expect(brokers.length).toBeGreaterThanOrEqual(1);
        scene.learnNode(5);
        expect((await scene.ask(5, 'admin')).brokers).toEqual(brokers);
      });

      test('get their own answers, many at once on every channel', async (scene) => {
        scene.learnNode(1);
        const asked = channels.flatMap((channel) =>
          Array.from({ length: 25 }, (_, index) => ({ channel, names: [`${channel}-${index}`] })),
        );
        const answered = await Promise.all(asked.map(({ channel, names }) => scene.askNames(1, channel, names)));
        expect(answered).toEqual(asked.map(({ names }) => names));
        expect(scene.proxy.open).toBe(channels.length);
      });

      test('of one channel leave in the order of the calls, also while it connects', async (scene) => {
        const names = Array.from({ length: 40 }, (_, index) => `name-${String(index).padStart(3, '0')}`);
        await Promise.all(names.map((name) => scene.askNames('any', 'produce', [name])));
        const sent = scene.proxy.takeReceived().toString('latin1');
        expect(sent.match(/name-\d{3}/g)).toEqual(names);
      });

      test('and answers may be large', async (scene) => {
        const names = Array.from({ length: 20_000 }, (_, index) => `a-topic-that-does-not-exist-${String(index).padStart(6, '0')}`);
        const answered = new Set(await scene.askNames('any', 'control', names));
        expect(names.filter((name) => !answered.has(name))).toEqual([]);
        expect(answered.size).toBe(names.length);
      });

      test('parked by the broker hold up no other channel', async (scene) => {
        const topic = await scene.createTopic();
        await scene.ask('any', 'control');
        const start = performance.now();
        const parked = scene.fetch('any', 'fetch', topic, 2_000);
        const first = await Promise.race([parked.then(() => 'parked'), scene.ask('any', 'control').then(() => 'other')]);
        expect(first).toBe('other');
        expect(await parked).toEqual({ error: 0 });
        expect(performance.now() - start).toBeGreaterThan(1_900);
      });

      test('to a node that nobody told of are refused before anything is sent', async (scene) => {
        const { error } = await failureOf(scene.ask(99, 'control'));
        expect(error).toMatchObject({
          kind: 'unknown-node',
          code: 'MR_WIRE_NODE_UNKNOWN',
          retriable: true,
          maybeSent: false,
          details: { node: 99 },
        });
        expect(scene.proxy.accepted).toBe(0);
      });

      test('in a version that the broker does not speak end with the connection, and others go on', async (scene) => {
        const invented = { ...metadataApi, versions: [0, 99] } as const;
        const body = encodeRequest(metadataApi, 12, { topics: [] });
        const { error } = await failureOf(scene.wire.request('any', 'admin', invented, 99, body, { timeoutMs: 10_000 }));
        expect(error).toMatchObject({ kind: 'disconnected', retriable: true, maybeSent: true });
        expect((await scene.ask('any', 'admin')).brokers.length).toBeGreaterThanOrEqual(1);
      });
    });

    describe('versions', () => {
      test('of a node are told with the features of the cluster', async (scene) => {
        const versions = await scene.wire.versions('any', { timeoutMs: 10_000 });
        expect(versions.apis.get(metadataApi.key)?.max ?? -1).toBeGreaterThanOrEqual(7);
        for (const feature of options.features) expect(versions.features.get(feature) ?? -1, feature).toBeGreaterThanOrEqual(1);
      });

      test('are asked once a connection', async (scene) => {
        await scene.ask('any', 'control');
        scene.proxy.takeReceived();
        const first = await scene.wire.versions('any', { timeoutMs: 10_000 });
        expect(scene.proxy.takeReceived().length).toBeGreaterThan(0);
        expect(await scene.wire.versions('any', { timeoutMs: 10_000 })).toBe(first);
        expect(scene.proxy.takeReceived().length).toBe(0);
        const before = scene.proxy.accepted;
        scene.proxy.cut();
        // The end of the connection takes a moment to reach this side.
        let second = first;
        for (let count = 0; count < 1000 && scene.proxy.accepted === before; count++) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          second = await scene.wire.versions('any', { timeoutMs: 10_000 }).catch(() => second);
        }
        expect(second).toEqual(first);
        expect(second === first).toBe(false);
      });
    });

    describe('time', () => {
      test('runs out exactly, whatever the library was told, and the next request works', async (scene) => {
        await scene.ask('any', 'control');
        scene.proxy.hold();
        const failures = await Promise.all(
          [150, 300, 600].map(async (timeoutMs) => {
            const [failure, timerMs] = await Promise.all([failureOf(scene.ask('any', 'control', { timeoutMs })), timerOf(timeoutMs)]);
            return { timeoutMs, timerMs, ...failure };
          }),
        );
        for (const { timeoutMs, timerMs, error, afterMs } of failures) {
          expect(error).toMatchObject({
            kind: 'timeout',
            code: 'MR_WIRE_TIMEOUT',
            retriable: true,
            maybeSent: true,
            details: { timeoutMs },
          });
          expect(afterMs).toBeGreaterThanOrEqual(timeoutMs - 2);
          expect(afterMs).toBeLessThan(timerMs + latenessMs);
        }
        scene.proxy.release();
        expect((await scene.ask('any', 'control')).brokers.length).toBeGreaterThanOrEqual(1);
      });

      test('covers the connecting too', async (scene) => {
        scene.proxy.hold();
        const [{ error, afterMs }, timerMs] = await Promise.all([failureOf(scene.ask('any', 'control', { timeoutMs: 400 })), timerOf(400)]);
        expect(error).toMatchObject({ kind: 'timeout' });
        expect(afterMs).toBeLessThan(timerMs + latenessMs);
        scene.proxy.release();
        expect((await scene.ask('any', 'control')).brokers.length).toBeGreaterThanOrEqual(1);
      });

      test('may be longer than the library would wait by itself', async (scene) => {
        const topic = await scene.createTopic();
        const start = performance.now();
        expect(await scene.fetch('any', 'restore', topic, 3000, { timeoutMs: 10_000 })).toEqual({ error: 0 });
        expect(performance.now() - start).toBeGreaterThan(2900);
      });

      test('that runs out for one request leaves those before it their answers', async (scene) => {
        const topic = await scene.createTopic();
        await scene.ask('any', 'fetch');
        const patient = scene.fetch('any', 'fetch', topic, 3_000);
        const { error } = await failureOf(scene.ask('any', 'fetch', { timeoutMs: 300 }));
        expect(error.kind).toBe('timeout');
        const next = scene.ask('any', 'fetch');
        expect(await Promise.race([patient.then(() => 'patient'), next.then(() => 'next')])).toBe('next');
        expect((await next).brokers.length).toBeGreaterThanOrEqual(1);
        expect(await patient).toEqual({ error: 0 });
      });

      test('ends when the caller gives up', async (scene) => {
        await scene.ask('any', 'control');
        scene.proxy.hold();
        const controller = new AbortController();
        const work = failureOf(scene.ask('any', 'control', { signal: controller.signal }));
        const timer = timerOf(100, () => controller.abort());
        const { error, afterMs } = await work;
        expect(error).toMatchObject({ kind: 'aborted', retriable: false });
        expect(afterMs).toBeLessThan((await timer) + latenessMs);
        scene.proxy.release();
        expect((await scene.ask('any', 'control')).brokers.length).toBeGreaterThanOrEqual(1);
        scene.proxy.takeReceived();
        const { error: early } = await failureOf(scene.ask('any', 'control', { signal: AbortSignal.abort() }));
        expect(early).toMatchObject({ kind: 'aborted', maybeSent: false });
        expect(scene.proxy.takeReceived().length).toBe(0);
      });
    });

    describe('brokers', () => {
      test(
        'that are away at start are told as such, and used once they are there',
        async (scene) => {
          const { error } = await failureOf(scene.ask('any', 'control'));
          expect(error).toMatchObject({ kind: 'refused', code: 'MR_WIRE_REFUSED', retriable: true, maybeSent: false });
          await scene.proxy.listen();
          expect((await scene.ask('any', 'control')).brokers.length).toBeGreaterThanOrEqual(1);
        },
        { isListening: false },
      );

      test(
        'that are dead are passed over while any other answers',
        async (scene) => {
          expect((await scene.ask('any', 'control')).brokers.length).toBeGreaterThanOrEqual(1);
          scene.learnNode(3);
          expect((await scene.ask('any', 'admin')).brokers.length).toBeGreaterThanOrEqual(1);
        },
        { deadAddresses: 2 },
      );

      test('that die in the middle of a request fail it at once, and are found again', async (scene) => {
        scene.learnNode(1);
        await scene.ask(1, 'control');
        scene.proxy.hold();
        const pending = Promise.all([failureOf(scene.ask(1, 'control')), failureOf(scene.ask(1, 'control'))]);
        const timer = timerOf(100, () => scene.proxy.cut());
        for (const { error, afterMs } of await pending) {
          expect(error).toMatchObject({ kind: 'disconnected', code: 'MR_WIRE_DISCONNECTED', retriable: true, maybeSent: true });
          expect(afterMs).toBeLessThan((await timer) + promptMs);
        }
        scene.proxy.release();
        expect((await scene.ask(1, 'control')).brokers.length).toBeGreaterThanOrEqual(1);
      });

      test('that are gone while nobody asks are noticed by the next request at the latest', async (scene) => {
        scene.learnNode(1);
        await scene.ask(1, 'control');
        await scene.proxy.close();
        const { error } = await failureOf(scene.ask(1, 'control'));
        expect(['disconnected', 'refused'].includes(error.kind), error.message).toBe(true);
        expect((await failureOf(scene.ask(1, 'control'))).error.kind).toBe('refused');
        await scene.proxy.listen();
        expect((await scene.ask(1, 'control')).brokers.length).toBeGreaterThanOrEqual(1);
      });

      test('that moved are asked at their new address, and the old connections close', async (scene) => {
        scene.learnNode(1);
        await scene.ask(1, 'control');
        const second = await scene.secondProxy();
        scene.learnNode(1, second);
        await scene.ask(1, 'control');
        expect(second.accepted).toBe(1);
        await waitUntil(() => scene.proxy.open === 0);
        scene.wire.learnNodes([]);
        await waitUntil(() => second.open === 0);
        expect((await failureOf(scene.ask(1, 'control'))).error.kind).toBe('unknown-node');
      });
    });

    describe('close', () => {
      test('fails what is pending and what comes later, and leaves no connection', async (scene) => {
        scene.learnNode(1);
        await scene.ask(1, 'control');
        await scene.ask('any', 'group');
        scene.proxy.hold();
        const pending = [scene.ask(1, 'control'), scene.ask('any', 'group'), scene.ask(1, 'fetch')].map(failureOf);
        await new Promise((resolve) => setTimeout(resolve, 50));
        await scene.wire.close();
        for (const { error } of await Promise.all(pending)) expect(error).toMatchObject({ kind: 'closed', retriable: false });
        expect((await failureOf(scene.ask(1, 'control'))).error.kind).toBe('closed');
        expect((await failureOf(scene.wire.versions('any', { timeoutMs: 1000 }))).error.kind).toBe('closed');
        await waitUntil(() => scene.proxy.open === 0);
        await scene.wire.close();
      });
    });
  });
}

/** Does something after `delayMs`; resolves with the time that really went by until then. */
function timerOf(delayMs: number, then: () => void = () => {}): Promise<number> {
  const start = performance.now();
  return new Promise((resolve) => {
    setTimeout(() => {
      resolve(performance.now() - start);
      then();
    }, delayMs);
  });
}

async function waitUntil(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('it did not come true within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
