/** Asks an embedded cluster single requests over the in-process wire, on a virtual clock. */
import { silentLogger } from '@millrace/core/kafka';
import { type ApiDescription, decodeResponse, encodeRequest, type RequestInputOf, type ResponseOf } from '@millrace/kafka/protocol';
import type { Channel, NodeSelector, WirePort } from '@millrace/kafka/wire';
import { EmbeddedKafka, type EmbeddedKafkaOptions, VirtualClock } from '../../src/index.ts';

export interface AskOptions {
  readonly node?: NodeSelector;
  readonly channel?: Channel;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export class TestCluster {
  readonly kafka: EmbeddedKafka;
  readonly clock: VirtualClock;
  readonly wire: WirePort;

  private constructor(kafka: EmbeddedKafka, clock: VirtualClock) {
    this.kafka = kafka;
    this.clock = clock;
    this.wire = this.connect();
  }

  static async start(options: EmbeddedKafkaOptions = {}): Promise<TestCluster> {
    const clock = new VirtualClock({ startMs: 1_000_000 });
    return new TestCluster(await EmbeddedKafka.start({ clock, seed: 7, ...options }), clock);
  }

  /** Another client. */
  connect(clientId = 'test'): WirePort {
    const wire = this.kafka.wire()({ clientId, clock: this.clock, log: silentLogger });
    wire.learnNodes(this.kafka.nodes.map((id) => ({ id, host: 'embedded', port: 9091 + id })));
    return wire;
  }

  /** Sends, and does not move the clock. */
  async send<A extends ApiDescription>(
    api: A,
    version: number,
    request: RequestInputOf<A>,
    options: AskOptions & { readonly wire?: WirePort } = {},
  ): Promise<ResponseOf<A>> {
    const { node = 'any', channel = 'admin', timeoutMs = 100_000, signal, wire = this.wire } = options;
    const body = await wire.request(node, channel, api, version, encodeRequest(api, version, request), { timeoutMs, signal });
    return decodeResponse(api, version, body);
  }

  /** Sends, and moves the clock until the answer is there. */
  ask<A extends ApiDescription>(
    api: A,
    version: number,
    request: RequestInputOf<A>,
    options: AskOptions & { readonly wire?: WirePort } = {},
  ): Promise<ResponseOf<A>> {
    return this.clock.run(this.send(api, version, request, options));
  }
}
