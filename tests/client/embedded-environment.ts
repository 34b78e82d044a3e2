/** A client on an embedded cluster, both on one virtual clock: nothing waits for real time, and the same calls give the same history. */
import { type Clock, type Logger, silentLogger, type StreamsClient } from '@millrace/core/kafka';
import { EmbeddedKafka, type EmbeddedKafkaOptions, seededRandom, VirtualClock } from '@millrace/embedded-kafka';
import { type ClientOptions, clientOver } from '@millrace/kafka';
import type { ClientEnvironment } from '@millrace/kafka/conformance';

export class EmbeddedEnvironment implements ClientEnvironment {
  readonly clock: VirtualClock;
  readonly kafka: EmbeddedKafka;
  readonly faults: NonNullable<ClientEnvironment['faults']>;
  readonly log: Logger;
  #clients = 0;

  private constructor(clock: VirtualClock, kafka: EmbeddedKafka, log: Logger) {
    this.clock = clock;
    this.kafka = kafka;
    this.log = log;
    let moves = 0;
    const nextNode = (current: number): number => {
      const { nodes } = kafka;
      return nodes[(nodes.indexOf(current) + 1) % nodes.length] ?? current;
    };
    this.faults = {
      moveLeader({ topic, partition }) {
        kafka.moveLeader(topic, partition, nextNode(kafka.log(topic, partition).leader));
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

  static async open(options: EmbeddedKafkaOptions = {}, log: Logger = silentLogger): Promise<EmbeddedEnvironment> {
    const clock = new VirtualClock();
    const kafka = await EmbeddedKafka.start({ brokers: 3, clock, seed: 1, ...options });
    return new EmbeddedEnvironment(clock, kafka, log);
  }

  createClient(options: ClientOptions = {}, given: { readonly clock?: Clock; readonly log?: Logger } = {}): StreamsClient {
    const random = seededRandom(100 + this.#clients++);
    const context = { clientId: `client-${this.#clients}`, clock: this.clock, log: this.log, ...given };
    return clientOver(this.kafka.wire(), { random, ...options }).create(context);
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    return this.clock.run(work);
  }

  close(): Promise<void> {
    return this.kafka.close();
  }
}
