/**
 * The bytes that members hand to their leader and the leader to them, inside the group's standard frames.
 *
 * Two int16 (version that this is written in, newest that the writer knows), then fields of tag, length, value. Unknown tags are skipped, so that most additions need
 * no new version. Offsets and lengths are unsigned varints of up to 53 bits. Readers trust nothing: every length is checked, and what cannot be read is an error that says
 * where.
 */
import { StreamsError } from '../errors.ts';
import { ByteWriter } from '../serde/byte-writer.ts';
import { fingerprintBytes } from './fingerprint.ts';
import { compareTaskIds, formatTaskId, parseTaskId } from './task-id.ts';

export const userDataVersion = 1;

/** Offset sum of a task that the member runs right now. */
export const runningActive = -2;

/** Why a leader hands out no tasks, and what a member asks of everybody. Kafka Streams: `AssignorError`. */
export const groupCodes = {
  none: 0,
  sourceTopicMissing: 1,
  topologyMismatch: 2,
  copartitionMismatch: 3,
  internalTopicInvalid: 4,
  shutdownRequested: 5,
  assignmentFailed: 6,
} as const;

export type GroupCode = (typeof groupCodes)[keyof typeof groupCodes];

/** What a member says of itself. */
export interface SubscriptionData {
  /** UUID of the slot that its state lies in. */
  readonly processId: string;
  readonly fingerprint: Uint8Array;
  /** By task: the sum of the changelog offsets its state reaches to, or {@link runningActive}. */
  readonly tasks: ReadonlyMap<string, number>;
  /** Differs between two subscriptions of a member, since the broker rebalances for a follower only if its bytes changed. */
  readonly unique: number;
  /** `shutdownRequested` or `none`. */
  readonly code: GroupCode;
}

/** What the leader says to a member. */
export interface AssignmentData {
  readonly active: readonly string[];
  /** Ask for another rebalance after this time, ms; 0 for none. */
  readonly followUpMs: number;
  readonly code: GroupCode;
  /** For people: what `code` is about. */
  readonly message: string;
}

const tags = { processId: 1, fingerprint: 2, tasks: 3, unique: 4, code: 5, active: 16, followUp: 17, message: 18 } as const;

/** Longest message that is sent, bytes: assignments of all members are one record of the broker. */
const longestMessage = 1_000;

export function encodeSubscriptionData(data: SubscriptionData): Uint8Array {
  const writer = header();
  field(writer, tags.processId, (to) => to.writeBytes(uuidBytes(data.processId)));
  field(writer, tags.fingerprint, (to) => to.writeBytes(data.fingerprint));
  field(writer, tags.tasks, (to) => {
    const ids = [...data.tasks.keys()].sort(compareTaskIds);
    writeVarint(to, ids.length);
    for (const id of ids) {
      writeTask(to, id);
      // 0 = running, otherwise the sum + 1.
      const sum = data.tasks.get(id) ?? 0;
      writeVarint(to, sum === runningActive ? 0 : sum + 1);
    }
  });
  field(writer, tags.unique, (to) => to.writeUint8(data.unique & 0xff));
  field(writer, tags.code, (to) => to.writeUint8(data.code));
  return writer.toBytes();
}

/** @throws MR_GROUP_DATA_INVALID */
export function decodeSubscriptionData(bytes: Uint8Array): SubscriptionData {
  const reader = new UserDataReader(bytes, 'subscription');
  let processId: string | undefined;
  let fingerprint: Uint8Array | undefined;
  const tasks = new Map<string, number>();
  let unique = 0;
  let code: GroupCode = groupCodes.none;
  reader.fields((tag) => {
    if (tag === tags.processId) processId = uuidText(reader.bytes(16));
    else if (tag === tags.fingerprint) fingerprint = reader.bytes(fingerprintBytes);
    else if (tag === tags.unique) unique = reader.byte();
    else if (tag === tags.code) code = reader.code();
    else if (tag === tags.tasks) {
      for (let left = reader.count(3); left > 0; left--) {
        const id = reader.task();
        const sum = reader.varint();
        tasks.set(id, sum === 0 ? runningActive : sum - 1);
      }
    }
  });
  if (processId === undefined || fingerprint === undefined) return reader.fail('process id or fingerprint is missing');
  return { processId, fingerprint, tasks, unique, code };
}

export function encodeAssignmentData(data: AssignmentData): Uint8Array {
  const writer = header();
  field(writer, tags.active, (to) => {
    writeVarint(to, data.active.length);
    for (const id of data.active) writeTask(to, id);
  });
  if (data.followUpMs > 0) field(writer, tags.followUp, (to) => writeVarint(to, Math.ceil(data.followUpMs)));
  field(writer, tags.code, (to) => to.writeUint8(data.code));
  if (data.message !== '') {
    const message = Buffer.from(data.message, 'utf8');
    field(writer, tags.message, (to) => to.writeBytes(message.subarray(0, longestMessage)));
  }
  return writer.toBytes();
}

/** @throws MR_GROUP_DATA_INVALID */
export function decodeAssignmentData(bytes: Uint8Array): AssignmentData {
  const reader = new UserDataReader(bytes, 'assignment');
  const active: string[] = [];
  let followUpMs = 0;
  let code: GroupCode = groupCodes.none;
  let message = '';
  reader.fields((tag, length) => {
    if (tag === tags.active) for (let left = reader.count(2); left > 0; left--) active.push(reader.task());
    else if (tag === tags.followUp) followUpMs = reader.varint();
    else if (tag === tags.code) code = reader.code();
    else if (tag === tags.message) message = Buffer.from(reader.bytes(length)).toString('utf8');
  });
  return { active, followUpMs, code, message };
}

/** Reads fields one after the other, never past the field it is in. */
class UserDataReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #at = 0;
  #end: number;

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
    this.#end = bytes.length;
    const used = this.#int16();
    const newest = this.#int16();
    if (used < 1 || newest < used) this.fail(`versions ${used} and ${newest}`);
    if (used > userDataVersion)
      this.fail(`version ${used} is newer than ${userDataVersion}, the newest that this instance reads. Upgrade it`);
  }

  /** Calls `read` for every field; what it leaves of a field is skipped. */
  fields(read: (tag: number, length: number) => void): void {
    const size = this.#bytes.length;
    while (this.#at < size) {
      this.#end = size;
      const tag = this.varint();
      const length = this.varint();
      if (length > size - this.#at) this.fail(`field ${tag} claims ${length} bytes`);
      const end = this.#at + length;
      this.#end = end;
      read(tag, length);
      this.#at = end;
    }
  }

  byte(): number {
    if (this.#at >= this.#end) this.fail('ends in the middle of a field');
    return this.#bytes[this.#at++] as number;
  }

  bytes(length: number): Uint8Array {
    if (length > this.#end - this.#at) this.fail(`${length} bytes are wanted where ${this.#end - this.#at} are left`);
    const from = this.#at;
    this.#at += length;
    return this.#bytes.slice(from, this.#at);
  }

  varint(): number {
    let result = 0;
    let factor = 1;
    for (let count = 0; count < 8; count++) {
      const byte = this.byte();
      result += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(result)) break;
        return result;
      }
      factor *= 0x80;
    }
    return this.fail('a number has more than 53 bits');
  }

  /** A number of items of at least `itemBytes` each: checked before anything is made for them. */
  count(itemBytes: number): number {
    const count = this.varint();
    if (count * itemBytes > this.#end - this.#at) this.fail(`a list claims ${count} items`);
    return count;
  }

  task(): string {
    const subtopology = this.varint();
    const partition = this.varint();
    if (subtopology > 0x7fff_ffff || partition > 0x7fff_ffff) this.fail(`task ${subtopology}_${partition}`);
    return formatTaskId(subtopology, partition);
  }

  /** A code that this version does not know is a failed assignment: better to stop than to guess. */
  code(): GroupCode {
    const code = this.byte();
    return Object.values(groupCodes).find((known) => known === code) ?? groupCodes.assignmentFailed;
  }

  fail(reason: string): never {
    throw new StreamsError(
      'MR_GROUP_DATA_INVALID',
      `user data of a group ${this.#what} cannot be read at byte ${this.#at} of ${this.#bytes.length}: ${reason}`,
      {
        details: { byte: this.#at, bytes: this.#bytes.length },
      },
    );
  }

  #int16(): number {
    return ((this.byte() << 24) >> 16) | this.byte();
  }
}

function header(): ByteWriter {
  const writer = new ByteWriter(256);
  for (const version of [userDataVersion, userDataVersion]) {
    writer.writeUint8(version >> 8);
    writer.writeUint8(version & 0xff);
  }
  return writer;
}

function field(writer: ByteWriter, tag: number, write: (to: ByteWriter) => void): void {
  const content = new ByteWriter(64);
  write(content);
  writeVarint(writer, tag);
  writeVarint(writer, content.position);
  writer.writeRange(content.buffer, 0, content.position);
}

function writeVarint(writer: ByteWriter, value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    writer.writeUint8((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  writer.writeUint8(rest);
}

function writeTask(writer: ByteWriter, id: string): void {
  const task = parseTaskId(id);
  if (task === undefined) throw new StreamsError('MR_INVARIANT', `${id} is not a task id`, { details: { taskId: id } });
  writeVarint(writer, task.subtopology);
  writeVarint(writer, task.partition);
}

function uuidBytes(uuid: string): Uint8Array {
  const hex = uuid.replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/i.test(hex))
    throw new StreamsError('MR_INVARIANT', `the process id ${JSON.stringify(uuid)} of the state directory is not a UUID`, {
      details: { processId: uuid },
    });
  return Buffer.from(hex, 'hex');
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
