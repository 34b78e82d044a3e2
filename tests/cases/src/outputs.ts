/** What one input caused, as a case notes it: the calls of `peek` and `foreach`, then the records of each topic in the order of the topics' names. */
import { deadLetterHeaders, type Header, serdes } from '@millrace/core';
import type { OutputRecord, TestOutputTopic } from '@millrace/testing';
import { base64, type Datum, datumOf, datumToJson } from './datum.ts';
import type { Json } from './json.ts';
import type { ValueType } from './value-type.ts';

/** One call of a `peek` or `foreach` function; `topic` is `#` and the operator's id. */
export interface Call {
  readonly topic: string;
  readonly key: unknown;
  readonly value: unknown;
}

/** The static types of what a topic carries. */
export interface TopicTypes {
  readonly key: ValueType;
  readonly value: ValueType;
}

export const applicationId = 'case';

type Bytes = Uint8Array;

/** The part of either test driver that is needed to read outputs. */
export interface OutputSource {
  producedTopicNames(): readonly string[];
  createOutputTopic(
    topic: string,
    options: { key: ReturnType<typeof serdes.bytes>; value: ReturnType<typeof serdes.bytes> },
  ): TestOutputTopic<Bytes, Bytes>;
}

/** Takes everything that was not read. Internal topics are left out unless `showInternal`. */
export function takeOutputs(
  driver: OutputSource,
  calls: readonly Call[],
  types: ReadonlyMap<string, TopicTypes>,
  showInternal: boolean,
): readonly Json[] {
  const out: Json[] = calls.map(({ topic, key, value }) => ({ t: topic, k: datumToJson(datumOf(key)), v: datumToJson(datumOf(value)) }));
  for (const name of driver.producedTopicNames()) {
    const internal = name.startsWith(`${applicationId}-`);
    const shown = types.get(name);
    const records = driver.createOutputTopic(name, { key: serdes.bytes(), value: serdes.bytes() }).readRecordsToList();
    if (shown === undefined && internal && !showInternal) continue;
    for (const record of records) out.push(recordToJson(name, record, shown));
  }
  return out;
}

function recordToJson(topic: string, record: OutputRecord<Bytes, Bytes>, types: TopicTypes | undefined): Json {
  const shown = {
    t: topic,
    k: bytesToJson(record.key, types?.key),
    v: bytesToJson(record.value, types?.value),
    ts: record.timestamp < 0 ? null : record.timestamp,
  };
  if (record.headers.length === 0) return shown;
  return { ...shown, h: record.headers.map(headerToJson) };
}

const errorTexts: ReadonlySet<string> = new Set([deadLetterHeaders.exception, deadLetterHeaders.message, deadLetterHeaders.stackTrace]);

function headerToJson({ key, value }: Header): Json {
  // The texts of an error are each language's own.
  if (errorTexts.has(key)) return [key, '*'];
  return [key, value === null ? null : base64(value)];
}

/** Bytes that do not fit their type print as base64. */
function bytesToJson(bytes: Bytes | null, type: ValueType | undefined): Json {
  return bytes === null ? null : datumToJson(datumFromBytes(bytes, type));
}

function datumFromBytes(bytes: Bytes, type: ValueType | undefined): Datum {
  if (type === 'i64' && bytes.length === 8) return Buffer.from(bytes).readBigInt64BE(0);
  // Windowed keys are written as text.
  if (type !== 'utf8' && typeof type !== 'object') return bytes;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not text: shown as bytes, as the format says.
    return bytes;
  }
}
