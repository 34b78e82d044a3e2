/**
 * What logical types are in JavaScript, exactly: a `Date` where it holds everything (timestamp-millis), ISO 8601 text for other dates and times, decimals as text with
 * their digits, durations as an object. A hook takes the place of any of them.
 */
import { AvroError } from '../errors.ts';
import { shorten } from '../schema/parse-schema.ts';
import type { Logical, Schema } from '../schema/schema.ts';

/**
 * Turns the underlying value into the application's and back. The underlying value is a number for int, bigint for long, text for string, bytes for bytes and fixed.
 * `encode` throws on what it does not take.
 */
export interface LogicalType {
  readonly decode: (underlying: never, logical: Logical) => unknown;
  readonly encode: (value: never, logical: Logical) => unknown;
}

/** Logical types by name. `'raw'` leaves the underlying value as it is. */
export type LogicalTypes = Readonly<Record<string, LogicalType | 'raw'>>;

/** A logical type as the codec calls it. */
export interface Conversion {
  readonly decode: (underlying: unknown) => unknown;
  readonly encode: (value: unknown) => unknown;
  /** The underlying value of a long is a bigint. */
  readonly bigLong: boolean;
}

/** What happens to values of a schema with a logical type; undefined: nothing. */
export function conversionOf(schema: Schema, hooks: LogicalTypes): Conversion | undefined {
  const { logical } = schema;
  if (logical === undefined) return undefined;
  const hook = Object.hasOwn(hooks, logical.name) ? hooks[logical.name] : undefined;
  if (hook === 'raw') return undefined;
  if (hook !== undefined) {
    // The hook's author says what the underlying type is: that of the logical type's name.
    const { decode, encode } = hook as {
      decode: (underlying: unknown, logical: Logical) => unknown;
      encode: (value: unknown, logical: Logical) => unknown;
    };
    return {
      decode: (underlying) => called('MR_AVRO_DATA_INVALID', () => decode(underlying, logical), logical),
      encode: (value) => called('MR_AVRO_VALUE_INVALID', () => encode(value, logical), logical),
      bigLong: schema.type === 'long',
    };
  }
  return builtIn(schema, logical);
}

/** What a hook throws is wrong with the value, and is told with its place as everything else. */
function called(code: 'MR_AVRO_DATA_INVALID' | 'MR_AVRO_VALUE_INVALID', call: () => unknown, { name }: Logical): unknown {
  try {
    return call();
  } catch (cause) {
    if (cause instanceof AvroError) throw cause;
    throw new AvroError(code, `the logical type ${name} refused it: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function builtIn(schema: Schema, logical: Logical): Conversion | undefined {
  switch (logical.name) {
    case 'date':
      return small(dateText, dateDays);
    case 'time-millis':
      return small(
        (ms: number) => timeText(BigInt(ms), 3),
        (value) => Number(timeUnits(value, 3)),
      );
    case 'time-micros':
      return big(
        (units) => timeText(units, 6),
        (value) => timeUnits(value, 6),
      );
    case 'timestamp-millis':
      return { decode: instantOf, encode: instantMs, bigLong: false };
    case 'timestamp-micros':
      return big(
        (units) => `${dateTimeText(units, 6)}Z`,
        (value) => dateTimeUnits(value, 6, true),
      );
    case 'timestamp-nanos':
      return big(
        (units) => `${dateTimeText(units, 9)}Z`,
        (value) => dateTimeUnits(value, 9, true),
      );
    case 'local-timestamp-millis':
      return big(
        (units) => dateTimeText(units, 3),
        (value) => dateTimeUnits(value, 3, false),
      );
    case 'local-timestamp-micros':
      return big(
        (units) => dateTimeText(units, 6),
        (value) => dateTimeUnits(value, 6, false),
      );
    case 'local-timestamp-nanos':
      return big(
        (units) => dateTimeText(units, 9),
        (value) => dateTimeUnits(value, 9, false),
      );
    case 'decimal':
      return decimal(logical, schema.type === 'fixed' ? schema.size : undefined);
    case 'uuid':
      return schema.type === 'fixed'
        ? { decode: uuidText, encode: uuidBytes, bigLong: false }
        : { decode: (text) => text, encode: checkUuid, bigLong: false };
    case 'duration':
      return { decode: durationOf, encode: durationBytes, bigLong: false };
    default:
      return undefined;
  }
}

function small(decode: (value: number) => unknown, encode: (value: unknown) => number): Conversion {
  // An int is a number.
  return { decode: (value) => decode(value as number), encode, bigLong: false };
}

function big(decode: (value: bigint) => unknown, encode: (value: unknown) => bigint): Conversion {
  // Asked for as a bigint.
  return { decode: (value) => decode(value as bigint), encode, bigLong: true };
}

// ---- dates and times ----

const dayMs = 86_400_000;

function instantOf(ms: unknown): Date {
  // A long is a number here.
  const date = new Date(ms as number);
  if (Number.isNaN(date.getTime()))
    throw new AvroError(
      'MR_AVRO_DATA_INVALID',
      `${String(ms)} ms since 1970 is no time that a Date can hold; use { logicalTypes: { 'timestamp-millis': 'raw' } }`,
    );
  return date;
}

function instantMs(value: unknown): number {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.getTime();
  throw unfit(value, 'a valid Date');
}

function dateText(days: number): string {
  const date = new Date(days * dayMs);
  if (Number.isNaN(date.getTime()))
    throw new AvroError(
      'MR_AVRO_DATA_INVALID',
      `day ${days} since 1970 is beyond what a Date can hold; use { logicalTypes: { date: 'raw' } }`,
    );
  const text = date.toISOString();
  return text.slice(0, text.indexOf('T'));
}

const datePattern = /^(?:\d{4}|[+-]\d{6})-\d\d-\d\d$/;

function dateDays(value: unknown): number {
  if (typeof value === 'string' && datePattern.test(value)) {
    const ms = Date.parse(`${value}T00:00:00.000Z`);
    if (!Number.isNaN(ms) && new Date(ms).toISOString().startsWith(value)) return ms / dayMs;
  }
  throw unfit(value, "a date like '2026-03-14'");
}

const units: Readonly<Record<number, bigint>> = { 3: 1_000n, 6: 1_000_000n, 9: 1_000_000_000n };

function perSecond(digits: number): bigint {
  // Called with 3, 6 and 9 only.
  return units[digits] as bigint;
}

function timeText(value: bigint, digits: number): string {
  const second = perSecond(digits);
  if (value < 0n || value >= 86_400n * second) throw new AvroError('MR_AVRO_DATA_INVALID', `${value} is no time of a day`);
  const seconds = Number(value / second);
  const two = (part: number): string => String(part).padStart(2, '0');
  const fraction = String(value % second).padStart(digits, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${fraction}`;
}

const timePattern = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,9}))?)?$/;

function timeUnits(value: unknown, digits: number): bigint {
  const match = typeof value === 'string' ? timePattern.exec(value) : null;
  if (match === null) throw unfit(value, "a time like '13:37:00.5'");
  const [, hours, minutes, seconds = '0', fraction = ''] = match;
  return BigInt(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * perSecond(digits) + fractionUnits(fraction, digits, value);
}

function fractionUnits(fraction: string, digits: number, value: unknown): bigint {
  if (/[^0]/.test(fraction.slice(digits))) throw unfit(value, `a time of at most ${digits} digits below the second`);
  return BigInt(fraction.slice(0, digits).padEnd(digits, '0'));
}

function dateTimeText(value: bigint, digits: number): string {
  const second = perSecond(digits);
  const fraction = ((value % second) + second) % second;
  const date = new Date(Number((value - fraction) / second) * 1_000);
  if (Number.isNaN(date.getTime()))
    throw new AvroError(
      'MR_AVRO_DATA_INVALID',
      `the timestamp ${value} is beyond what ISO 8601 text can hold; take it as it is with 'raw'`,
    );
  const text = date.toISOString();
  return `${text.slice(0, text.lastIndexOf('.'))}.${String(fraction).padStart(digits, '0')}`;
}

const dateTimePattern = /^((?:\d{4}|[+-]\d{6})-\d\d-\d\d)T(\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?$/;

function dateTimeUnits(value: unknown, digits: number, isInstant: boolean): bigint {
  if (isInstant && value instanceof Date && !Number.isNaN(value.getTime())) return (BigInt(value.getTime()) * perSecond(digits)) / 1_000n;
  const what = isInstant ? "a Date or text like '2026-03-14T13:37:00.5Z'" : "text like '2026-03-14T13:37:00.5', without a zone";
  const match = typeof value === 'string' ? dateTimePattern.exec(value) : null;
  if (match === null || (match[4] !== undefined) !== isInstant) throw unfit(value, what);
  const [, date = '', time = '', fraction = '', zone = 'Z'] = match;
  dateDays(date);
  const ms = Date.parse(`${date}T${time.length === 5 ? `${time}:00` : time}${zone}`);
  if (Number.isNaN(ms)) throw unfit(value, what);
  return BigInt(ms / 1_000) * perSecond(digits) + fractionUnits(fraction, digits, value);
}

// ---- decimals ----

/** Making text of so many bytes takes milliseconds; its time grows faster than their number. */
const mostDecimalBytes = 4_096;
/** Some writers pad. */
const paddedBytes = 64;

function decimal({ precision, scale }: Logical, size: number | undefined): Conversion {
  // A digit takes less than half a byte.
  const longest = Math.min(mostDecimalBytes, size ?? paddedBytes + Math.ceil(precision / 2));
  return {
    bigLong: false,
    // Bytes and fixed are bytes.
    decode: (bytes) => decimalText(unscaledOf(bytes as Uint8Array, longest), scale),
    encode: (value) => unscaledBytes(unscaledValue(value, precision, scale), size),
  };
}

function unscaledOf(bytes: Uint8Array, longest: number): bigint {
  if (bytes.length > longest)
    throw new AvroError('MR_AVRO_DATA_INVALID', `a decimal has ${bytes.length} bytes, more than the ${longest} that its type can need`);
  if (bytes.length === 0) return 0n;
  if (bytes.length <= 6) {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return BigInt(view.readIntBE(0, bytes.length));
  }
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`));
}

function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const sign = unscaled < 0n ? '-' : '';
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

const decimalPattern = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/** Numbers count as their shortest text, which is what they print as. Digits are never rounded away. */
function unscaledValue(value: unknown, precision: number, scale: number): bigint {
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
  const match = typeof text === 'string' ? decimalPattern.exec(text) : null;
  const what = `a decimal of ${precision} digits, ${scale} of them behind the point`;
  if (match === null) throw unfit(value, what);
  const [, sign, whole = '', fraction = ''] = match;
  if (/[^0]/.test(fraction.slice(scale))) throw unfit(value, what);
  const digits = `${whole}${fraction.slice(0, scale).padEnd(scale, '0')}`.replace(/^0+(?=\d)/, '');
  if (digits.length > precision && digits !== '0') throw unfit(value, what);
  return sign === '-' ? -BigInt(digits) : BigInt(digits);
}

/** Two's complement, big endian: as few bytes as hold it, or as many as the fixed type has. */
function unscaledBytes(unscaled: bigint, size: number | undefined): Uint8Array {
  let length = size ?? 1;
  if (size === undefined) while (BigInt.asIntN(length * 8, unscaled) !== unscaled) length++;
  else if (BigInt.asIntN(size * 8, unscaled) !== unscaled) throw unfit(unscaled, `a decimal of ${size} bytes`);
  const bytes = new Uint8Array(length);
  let rest = unscaled;
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = Number(BigInt.asUintN(8, rest));
    rest >>= 8n;
  }
  return bytes;
}

// ---- others ----

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function checkUuid(value: unknown): unknown {
  if (typeof value !== 'string' || !uuidPattern.test(value)) throw unfit(value, 'a UUID');
  return value;
}

function uuidText(bytes: unknown): string {
  // Fixed is bytes.
  const hex = Buffer.from(bytes as Uint8Array).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function uuidBytes(value: unknown): Uint8Array {
  checkUuid(value);
  return new Uint8Array(Buffer.from((value as string).replaceAll('-', ''), 'hex'));
}

/** A `duration`: three numbers that do not count in each other. */
export interface AvroDuration {
  readonly months: number;
  readonly days: number;
  readonly milliseconds: number;
}

function durationOf(bytes: unknown): AvroDuration {
  // Fixed is bytes.
  const buffer = Buffer.from(bytes as Uint8Array);
  return { months: buffer.readUInt32LE(0), days: buffer.readUInt32LE(4), milliseconds: buffer.readUInt32LE(8) };
}

function durationBytes(value: unknown): Uint8Array {
  const parts = value !== null && typeof value === 'object' ? (value as Partial<Record<keyof AvroDuration, unknown>>) : {};
  const buffer = Buffer.alloc(12);
  for (const [index, part] of [parts.months, parts.days, parts.milliseconds].entries()) {
    if (typeof part !== 'number' || !Number.isInteger(part) || part < 0 || part > 0xffff_ffff)
      throw unfit(value, 'a duration { months, days, milliseconds }');
    buffer.writeUInt32LE(part, index * 4);
  }
  return new Uint8Array(buffer);
}

function unfit(value: unknown, what: string): AvroError {
  return new AvroError('MR_AVRO_VALUE_INVALID', `${shorten(value)} is not ${what}`);
}
