/**
 * The text that is committed with an offset, as Kafka Streams writes it, so that a Java application and Millrace take over from each other: Base64 of magic byte 2,
 * partition time, and a map of processor times (LP-05). Kafka Streams: `TopicPartitionMetadata`, `ProcessorMetadata`.
 */

export interface OffsetMetadata {
  /** Largest timestamp read from the partition; -1 if none. */
  readonly partitionTime: number;
  /** Times that processors keep over a restart, by their key. */
  readonly times: ReadonlyMap<string, bigint>;
}

const magic = 2;
const none: OffsetMetadata = { partitionTime: -1, times: new Map() };

export function encodeOffsetMetadata(partitionTime: number, times: ReadonlyMap<string, bigint>): string {
  const keys = [...times.keys()].map((key) => Buffer.from(key));
  let length = 9;
  if (times.size > 0) {
    length += 4;
    for (const key of keys) length += 12 + key.length;
  }
  const buffer = Buffer.alloc(length);
  buffer.writeInt8(magic, 0);
  buffer.writeBigInt64BE(BigInt(partitionTime), 1);
  if (times.size > 0) {
    let at = buffer.writeInt32BE(times.size, 9);
    let i = 0;
    for (const time of times.values()) {
      const key = keys[i++] as Buffer;
      at = buffer.writeInt32BE(key.length, at);
      at += key.copy(buffer, at);
      at = buffer.writeBigInt64BE(time, at);
    }
  }
  return buffer.toString('base64');
}

/**
 * Never throws: text of another application, or of a newer version, counts as none, as in Kafka Streams; `understood` says so.
 */
export function decodeOffsetMetadata(text: string | undefined): OffsetMetadata & { readonly understood: boolean } {
  if (text === undefined || text === '') return { ...none, understood: true };
  const buffer = Buffer.from(text, 'base64');
  // Buffer.from skips what is not Base64: only text that comes out the same again was Base64.
  if (buffer.length < 9 || buffer.toString('base64') !== text) return { ...none, understood: false };
  const version = buffer.readInt8(0);
  if (version !== 1 && version !== magic) return { ...none, understood: false };
  const partitionTime = Number(buffer.readBigInt64BE(1));
  if (version === 1 || buffer.length === 9) return { partitionTime, times: none.times, understood: true };
  const times = decodeTimes(buffer, 9);
  return times === undefined ? { partitionTime, times: none.times, understood: false } : { partitionTime, times, understood: true };
}

function decodeTimes(buffer: Buffer, start: number): ReadonlyMap<string, bigint> | undefined {
  if (buffer.length < start + 4) return undefined;
  const count = buffer.readInt32BE(start);
  // Each entry takes at least 12 bytes: a count beyond that is not ours.
  if (count < 0 || count > (buffer.length - start - 4) / 12) return undefined;
  const times = new Map<string, bigint>();
  let at = start + 4;
  for (let i = 0; i < count; i++) {
    if (buffer.length < at + 4) return undefined;
    const keyLength = buffer.readInt32BE(at);
    at += 4;
    if (keyLength < 0 || buffer.length < at + keyLength + 8) return undefined;
    const key = buffer.toString('utf8', at, at + keyLength);
    at += keyLength;
    times.set(key, buffer.readBigInt64BE(at));
    at += 8;
  }
  return times;
}
