/** What every Kafka client behind the port must do on a cluster, as tests: administration, writing, reading, membership. */
import { describeAdmin } from './client-admin.ts';
import { describeMembers } from './client-members.ts';
import { describeProducer } from './client-producer.ts';
import { describeReader } from './client-reader.ts';
import { type ClientConformanceOptions, ClientScene, rejectionOf } from './client-scene.ts';
import type { TestTools } from './test-tools.ts';

/** How a part of the suite declares a test. */
export type SceneTest = (name: string, body: (scene: ClientScene) => Promise<void>) => void;

export function describeClientConformance(tools: TestTools, options: ClientConformanceOptions): void {
  const { describe, it, expect } = tools;
  const test: SceneTest = (name, body) => it(name, () => ClientScene.run(options, body), 60_000);

  describe(`client: ${options.name}`, () => {
    describe('connecting', () => {
      test('tells what the cluster can do', async ({ client }) => {
        const features = await client.connect();
        expect(features.staticMembers).toBe(true);
        expect(features.deleteRecords).toBe(true);
      });

      test('is over once the client is closed', async (scene) => {
        const client = await scene.anotherClient();
        const admin = client.admin();
        await client.close();
        expect(await rejectionOf(client.connect())).toMatchObject({ kind: 'fatal', details: { closed: true } });
        expect(await rejectionOf(admin.listTopics())).toMatchObject({ kind: 'fatal', details: { closed: true } });
      });
    });

    describeAdmin(tools, test);
    describeProducer(tools, test);
    describeReader(tools, test);
    describeMembers(tools, test);
  });
}
