/** Moves and cuts on an embedded cluster, as the conformance suite asks for them. */
import type { EmbeddedKafka } from '@millrace/embedded-kafka';
import type { ClientFaults } from '@millrace/kafka/conformance';

export function clusterFaults(kafka: EmbeddedKafka): ClientFaults {
  let moves = 0;
  const nodeAfter = (current: number): number => kafka.nodes[(kafka.nodes.indexOf(current) + 1) % kafka.nodes.length] ?? current;
  return {
    moveLeader({ topic, partition }) {
      kafka.moveLeader(topic, partition, nodeAfter(kafka.log(topic, partition).leader));
      return Promise.resolve();
    },
    moveCoordinator(groupId) {
      kafka.moveCoordinator(groupId, kafka.nodes[moves++ % kafka.nodes.length] ?? 1);
      return Promise.resolve();
    },
    disconnect() {
      for (const node of kafka.nodes) kafka.disconnect(node);
      return Promise.resolve();
    },
  };
}
