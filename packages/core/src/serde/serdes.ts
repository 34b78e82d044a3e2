/** The serdes that come with Millrace, under one name. Byte formats are those of Kafka's Java serializers. */
import type { Windowed } from '../windows/windowed.ts';
import { bytesSerde } from './bytes-serde.ts';
import { type CustomSerde, customSerde } from './custom-serde.ts';
import { type JsonSerde, jsonSerde } from './json-serde.ts';
import { bigint64Serde, booleanSerde, doubleSerde, floatSerde, integerSerde, longSerde, shortSerde } from './number-serdes.ts';
import type { Serde } from './serde.ts';
import { stringSerde } from './string-serde.ts';
import { uuidSerde } from './uuid-serde.ts';
import { voidSerde } from './void-serde.ts';
import { sessionWindowedSerde, timeWindowedSerde, type TimeWindowedSerdeOptions } from './windowed-serdes.ts';

export interface Serdes {
  /** UTF-8. Malformed bytes become U+FFFD, as in Java. */
  string(): Serde<string>;
  /** 8 bytes, big endian, as a number. Throws beyond 2^53 instead of rounding. Java: `Serdes.Long`. */
  long(): Serde<number>;
  /** 8 bytes, big endian, all of them. */
  bigint64(): Serde<bigint>;
  /** 4 bytes, big endian. Java: `Serdes.Integer`. */
  integer(): Serde<number>;
  /** 2 bytes, big endian. Java: `Serdes.Short`. */
  short(): Serde<number>;
  /** IEEE 754, 8 bytes, big endian. Java: `Serdes.Double`. */
  double(): Serde<number>;
  /** IEEE 754, 4 bytes, big endian; rounds to single precision. Java: `Serdes.Float`. */
  float(): Serde<number>;
  /** One byte, 0 or 1. Java: `Serdes.Boolean`. */
  boolean(): Serde<boolean>;
  /** Bytes as they are; decoded ones are a copy. Java: `Serdes.ByteArray`. */
  bytes(): Serde<Uint8Array>;
  /** JSON as UTF-8. The type is yours to vouch for; without one it takes that of its place, unknown where there is none. */
  json(): JsonSerde;
  json<T>(): Serde<T>;
  /** 36 characters as UTF-8. Java: `Serdes.UUID`. */
  uuid(): Serde<string>;
  /** Null only. Java: `Serdes.Void`. */
  void(): Serde<null>;
  /** Keys of time, sliding and unlimited windows: the key, then the start. The end comes from `size`. Java: `WindowedSerdes.timeWindowedSerdeFrom`. */
  timeWindowed<K>(inner: Serde<K>, options: TimeWindowedSerdeOptions): Serde<Windowed<K>>;
  /** Keys of sessions: the key, then end and start. Java: `WindowedSerdes.sessionWindowedSerdeFrom`. */
  sessionWindowed<K>(inner: Serde<K>): Serde<Windowed<K>>;
  /** A serde of your own functions over `Uint8Array`. */
  from<T>(custom: CustomSerde<T>): Serde<T>;
}

export const serdes: Serdes = {
  string: () => stringSerde,
  long: () => longSerde,
  bigint64: () => bigint64Serde,
  integer: () => integerSerde,
  short: () => shortSerde,
  double: () => doubleSerde,
  float: () => floatSerde,
  boolean: () => booleanSerde,
  bytes: () => bytesSerde,
  json: jsonSerde,
  uuid: () => uuidSerde,
  void: () => voidSerde,
  timeWindowed: timeWindowedSerde,
  sessionWindowed: sessionWindowedSerde,
  from: customSerde,
};
