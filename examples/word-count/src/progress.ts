/** How far the application is: what its group has committed of the input and the internal topic, and the counts that came out. */
import { type PartitionReader, type StreamsClient, type TopicPartition, topicPartition } from 'millrace';
import { countsTopic, linesTopic } from './topology.ts';

export interface Progress {
  /** Lines of the input that are committed, and that are there. */
  readonly lines: Share;
  /** Words of the repartition topic, likewise; more of them come while lines are split. */
  readonly words: Share;
}

export interface Share {
  readonly done: number;
  readonly total: number;
}

/** Everything that is there is committed. */
export function isComplete({ lines, words }: Progress): boolean {
  return lines.total > 0 && lines.done === lines.total && words.done === words.total;
}

/** Follows one run from outside, as any other program could: through committed offsets and the output topic. */
export class Follower {
  readonly counts: Map<string, number> = new Map();
  readonly #client: StreamsClient;
  readonly #groupId: string;
  readonly #wordsTopic: string;
  readonly #reader: PartitionReader;
  readonly #ends = new Map<TopicPartition, number>();
  readonly #positions = new Map<TopicPartition, number>();

  constructor(client: StreamsClient, groupId: string) {
    this.#client = client;
    this.#groupId = groupId;
    this.#wordsTopic = `${groupId}-words-repartition`;
    this.#reader = client.reader({ isolation: 'committed', role: 'global', maxBufferedBytes: 8 * 1024 * 1024 });
  }

  async start(): Promise<void> {
    const tps = await this.#partitions([countsTopic]);
    for (const tp of tps) this.#positions.set(tp, 0);
    this.#reader.assign(this.#positions);
  }

  /** Reads counts that arrived, waiting at most `maxWaitMs`. */
  async readCounts(maxWaitMs: number): Promise<void> {
    const { batches, progress } = await this.#reader.poll({ maxWaitMs });
    for (const batch of batches) {
      for (let i = 0; i < batch.count; i++) {
        const [key, value] = [batch.key(i), batch.value(i)];
        if (key !== null && value !== null) this.counts.set(Buffer.from(key).toString(), Number(Buffer.from(value).readBigInt64BE()));
      }
      this.#positions.set(batch.tp, batch.nextOffset);
    }
    for (const { tp, end } of progress) this.#ends.set(tp, end);
  }

  async progress(): Promise<Progress> {
    const lines = await this.#partitions([linesTopic]);
    const words = await this.#partitions([this.#wordsTopic]);
    const tps = [...lines, ...words];
    // In this order: what is committed of the input is in the repartition topic by then, so the ends are never too low.
    const committed = await this.#client.admin().groupOffsets(this.#groupId, tps);
    const ends = await this.#client.admin().listOffsets(new Map(tps.map((tp) => [tp, 'latest'])), { isolation: 'committed' });
    const share = (of: readonly TopicPartition[]): Share => ({
      done: of.reduce((sum, tp) => sum + (committed.get(tp)?.offset ?? 0), 0),
      total: of.reduce((sum, tp) => sum + (ends.get(tp) ?? 0), 0),
    });
    return { lines: share(lines), words: share(words) };
  }

  /** Reads the counts up to what is there now. */
  async readToEnd(): Promise<void> {
    const ends = await this.#client
      .admin()
      .listOffsets(new Map([...this.#positions.keys()].map((tp) => [tp, 'latest'])), { isolation: 'committed' });
    const behind = (): boolean => [...ends].some(([tp, end]) => (this.#positions.get(tp) ?? 0) < end);
    while (behind()) await this.readCounts(100);
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  async #partitions(topics: readonly string[]): Promise<readonly TopicPartition[]> {
    const described = await this.#client.admin().describeTopics(topics);
    return [...described].flatMap(([topic, description]) =>
      Array.from({ length: description?.partitions ?? 0 }, (_, partition) => topicPartition(topic, partition)),
    );
  }
}
