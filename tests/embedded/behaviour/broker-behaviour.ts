/**
 * What a broker answers, request by request: the same questions to the embedded cluster and to a real Apache Kafka, so that the one stays true to the other.
 */
import type { WireFactory } from '@millrace/kafka/wire';
import { afterAll, beforeAll, describe } from 'vitest';
import { describeGroups } from './groups.ts';
import { describeRecords } from './records.ts';
import { BrokerScene } from './scene.ts';
import { describeTopics } from './topics.ts';

/** @param wire of a cluster of one broker that accepts any timestamp and lets groups form without delay */
export function describeBrokerBehaviour(name: string, wire: () => WireFactory): void {
  describe(name, () => {
    const scene = new BrokerScene(wire);
    beforeAll(() => scene.open());
    afterAll(() => scene.close());
    describeTopics(scene);
    describeRecords(scene);
    describeGroups(scene);
  });
}
