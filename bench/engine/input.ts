/** The input of a workload: which record comes when, and the same as record batches, encoded before the clock runs. Equal to the input of the same name in Java. */
import { type TopicPartition, topicPartition } from '@millrace/core/kafka';
import { RecordBatchBuilder } from '@millrace/kafka/protocol';
import { SplittableRandom } from './splittable-random.ts';

/** Records that are handed to the task at once; a batch, or two of half the size where two topics are joined. */
export const sliceRecords = 128;
/** Late enough that the first record already lies in every hopping window. */
const startMs = 1_000_000;
const distinctValues = 1 << 16;

export interface InputShape {
  readonly records: number;
  readonly keys: number;
  /** Every second record goes to the topic `in2`. */
  readonly twoTopics: boolean;
  /** Keys of `in2` where they differ from those of `in`. */
  readonly rightKey?: ((index: number) => string) | undefined;
  readonly value: (random: SplittableRandom, keys: number) => string;
}

export interface InputRecord {
  readonly key: string;
  readonly value: string;
  readonly timestamp: number;
  readonly isRight: boolean;
}

/** What is read in one go. */
export interface Slice {
  readonly batches: readonly { readonly tp: TopicPartition; readonly bytes: Uint8Array }[];
  /** Records up to the end of this slice. */
  readonly end: number;
}

export class Input {
  readonly records: number;
  readonly #shape: InputShape;
  readonly #keys: Int32Array;
  readonly #values: readonly string[];

  constructor(shape: InputShape) {
    this.#shape = shape;
    this.records = shape.records;
    const values = new SplittableRandom(1);
    this.#values = Array.from({ length: distinctValues }, () => shape.value(values, shape.keys));
    const keys = new SplittableRandom(7);
    this.#keys = Int32Array.from({ length: shape.records }, () => keys.nextInt(shape.keys));
  }

  record(index: number): InputRecord {
    const { twoTopics, rightKey } = this.#shape;
    const isRight = twoTopics && index % 2 === 1;
    const key = this.#keys[index] as number; // one key for each record
    return {
      key: isRight && rightKey !== undefined ? rightKey(key) : `k${key}`,
      value: this.#values[index % distinctValues] as string, // the remainder is below the length
      timestamp: startMs + index,
      isRight,
    };
  }

  *[Symbol.iterator](): Generator<InputRecord> {
    for (let i = 0; i < this.records; i++) yield this.record(i);
  }

  slices(): Slice[] {
    const left = new Side('in');
    const right = new Side('in2');
    const slices: Slice[] = [];
    for (let i = 0; i < this.records; i++) {
      const record = this.record(i);
      (record.isRight ? right : left).append(record);
      const end = i + 1;
      if (end % sliceRecords === 0 || end === this.records) slices.push({ batches: [...left.finish(), ...right.finish()], end });
    }
    return slices;
  }
}

/** A topic that is being written. */
class Side {
  readonly #tp: TopicPartition;
  readonly #builder = new RecordBatchBuilder({ maxBytes: 1 << 20 });

  constructor(topic: string) {
    this.#tp = topicPartition(topic, 0);
  }

  append({ key, value, timestamp }: InputRecord): void {
    const keyBytes = Buffer.from(key);
    const valueBytes = Buffer.from(value);
    this.#builder.append(timestamp, keyBytes, 0, keyBytes.length, valueBytes, 0, valueBytes.length, null);
  }

  /** At most one batch. */
  finish(): { readonly tp: TopicPartition; readonly bytes: Uint8Array }[] {
    return this.#builder.count === 0 ? [] : [{ tp: this.#tp, bytes: this.#builder.finish() }];
  }
}
