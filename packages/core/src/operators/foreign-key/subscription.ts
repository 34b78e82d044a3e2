/**
 * What the left side of a foreign-key join sends to the partition of the foreign key, and what is kept there.
 *
 * Bytes are Java's (`SubscriptionWrapperSerde`): version, its high bit set where there is no hash; instruction; 16 bytes of hash; primary key; from version 1 on the
 * primary key's partition, 4 bytes.
 */
import type { ByteWriter } from '../../serde/byte-writer.ts';
import { prepareInner } from '../../serde/inner-batch.ts';
import type { Serde, SerdeOpening, SerdeTarget } from '../../serde/serde.ts';
import { type HashText, readHash, writeHash } from './hash-text.ts';
import { hashBytes } from './murmur3.ts';

/** What the right side does with a subscription. */
export const instructions = {
  /** Forget the key, answer nothing: another subscription answers. */
  forget: 0,
  /** Forget the key and answer that there is no foreign row. */
  forgetAndAnswer: 1,
  /** Keep the key and answer, with nothing if there is no foreign row. */
  answerAlways: 2,
  /** Keep the key and answer if there is a foreign row. */
  answerIfPresent: 3,
} as const;

export type Instruction = (typeof instructions)[keyof typeof instructions];

export class Subscription<K> {
  readonly primaryKey: K;
  readonly instruction: Instruction;
  /** Of the left value; null where there is none. */
  readonly hash: HashText | null;
  /** Where the primary key lives; undefined in version 0. */
  readonly primaryPartition: number | undefined;

  constructor(primaryKey: K, instruction: Instruction, hash: HashText | null, primaryPartition: number | undefined) {
    this.primaryKey = primaryKey;
    this.instruction = instruction;
    this.hash = hash;
    this.primaryPartition = primaryPartition;
  }
}

const withoutHash = 0x80;
const currentVersion = 1;
const partitionBytes = 4;

/** The topics that a subscription's serde is used for, without the application id, and the one that its primary key is bound to instead. */
export interface SubscriptionTopics {
  readonly topic: string;
  readonly keyTopic: string;
}

export class SubscriptionSerde<K> implements Serde<Subscription<K>> {
  /** Nobody changes a subscription. */
  readonly immutable = true;
  readonly primitive = false;
  readonly format = undefined;
  readonly prepare?: NonNullable<Serde<unknown>['prepare']>;
  readonly #key: Serde<K>;
  readonly #topics: SubscriptionTopics;

  constructor(key: Serde<K>, topics: SubscriptionTopics) {
    this.#key = key;
    this.#topics = topics;
    const prepare = prepareInner(key, keyRange);
    if (prepare !== undefined) this.prepare = prepare;
  }

  open(opening: SerdeOpening): Promise<void> | void {
    return this.#key.open?.(opening);
  }

  bind({ topic }: SerdeTarget): Serde<Subscription<K>> {
    if (this.#key.bind === undefined) return this;
    const { topic: own, keyTopic } = this.#topics;
    const application = topic.slice(0, topic.length - own.length);
    return new SubscriptionSerde(this.#key.bind({ topic: application + keyTopic, role: 'key' }), this.#topics);
  }

  decode(buffer: Uint8Array, start: number, end: number): Subscription<K> {
    if (end - start < 2) throw new RangeError(`a subscription has at least two bytes, got ${end - start}`);
    const first = buffer[start] as number;
    const version = first & 0x7f;
    if (version > currentVersion) throw new RangeError(`a subscription has the unknown version ${version}`);
    const instruction = buffer[start + 1] as number;
    if (!isInstruction(instruction)) throw new RangeError(`a subscription has the unknown instruction ${instruction}`);
    const hasHash = (first & withoutHash) === 0;
    const keyStart = start + 2 + (hasHash ? hashBytes : 0);
    const keyEnd = end - (version === 0 ? 0 : partitionBytes);
    if (keyEnd < keyStart) throw new RangeError(`a subscription of version ${version} is cut off after ${end - start} bytes`);
    const hash = hasHash ? readHash(buffer, start + 2) : null;
    const partition = version === 0 ? undefined : int32At(buffer, keyEnd);
    return new Subscription(this.#key.decode(buffer, keyStart, keyEnd), instruction, hash, partition);
  }

  encodeInto({ hash, instruction, primaryKey, primaryPartition }: Subscription<K>, writer: ByteWriter): void {
    const version = primaryPartition === undefined ? 0 : currentVersion;
    writer.writeUint8(hash === null ? version | withoutHash : version);
    writer.writeUint8(instruction);
    if (hash !== null) writeHash(hash, writer);
    this.#key.encodeInto(primaryKey, writer);
    if (primaryPartition !== undefined) writer.writeInt32(primaryPartition);
  }
}

/** Big endian. */
function int32At(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + partitionBytes; i++) value = (value << 8) | (bytes[i] as number); // the length was checked
  return value;
}

function isInstruction(value: number): value is Instruction {
  return value <= instructions.answerIfPresent;
}

function keyRange(buffer: Uint8Array, start: number, end: number, add: (start: number, end: number) => void): void {
  const first = buffer[start] ?? 0;
  const from = start + 2 + ((first & withoutHash) === 0 ? hashBytes : 0);
  const to = end - ((first & 0x7f) === 0 ? 0 : partitionBytes);
  if (from <= to) add(from, to);
}
