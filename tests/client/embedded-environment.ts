/** A client on an embedded cluster, both on one virtual clock: nothing waits for real time, and the same calls give the same history. */
import { type Clock, type Logger, silentLogger, type StreamsClient } from '@millrace/core/kafka';
import { EmbeddedKafka, type EmbeddedKafkaOptions, seededRandom, VirtualClock } from '@millrace/embedded-kafka';
import { type ClientOptions, clientOver } from '@millrace/kafka';
import type { ClientEnvironment, ClientFaults } from '@millrace/kafka/conformance';
import { clusterFaults } from './cluster-faults.ts';

export class EmbeddedEnvironment implements ClientEnvironment {
  readonly clock: VirtualClock;
  readonly kafka: EmbeddedKafka;
  readonly faults: ClientFaults;
  readonly log: Logger;
  #clients = 0;

  private constructor(clock: VirtualClock, kafka: EmbeddedKafka, log: Logger) {
    this.clock = clock;
    this.kafka = kafka;
    this.log = log;
    this.faults = clusterFaults(kafka);
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
