/** The laws of a serde: what the record path and the stores rely on, and no compiler checks. */
import { ByteWriter, type Serde } from '@millrace/core';
import type { TestTools } from './test-tools.ts';

export interface SerdeConformanceOptions<T> {
  /** Makes the serde. Called once a test. */
  readonly create: () => Serde<T>;
  /** Values that it must carry: the plain ones, the smallest, the largest, the empty. At least one. */
  readonly values: readonly T[];
  /** Bytes that it must refuse to read. Leave it away for serdes that read everything. */
  readonly malformed?: readonly Uint8Array[] | undefined;
  /** Values that it must refuse to write, whatever their type. */
  readonly unwritable?: readonly unknown[] | undefined;
}

const before = Uint8Array.of(0xa5, 0x00, 0xff);
const after = Uint8Array.of(0x5a, 0x80);

/** Describes the suite: `describeSerdeConformance('money', { create: money, values: […] }, { describe, it, expect })`. */
export function describeSerdeConformance<T>(name: string, options: SerdeConformanceOptions<T>, { describe, expect, it }: TestTools): void {
  const { create, malformed = [], unwritable = [], values } = options;

  describe(`serde ${name}`, () => {
    it('reads what it wrote', () => {
      const serde = create();
      for (const value of values) expect(decodeAll(serde, encode(serde, value))).toEqual(value);
      expect(values.length > 0).toBe(true);
    });

    it('writes the same bytes for the same value', () => {
      const serde = create();
      for (const value of values) expect(encode(serde, value)).toEqual(encode(create(), value));
    });

    it('writes what it read as the same bytes', () => {
      const serde = create();
      for (const value of values) {
        const bytes = encode(serde, value);
        expect(encode(serde, decodeAll(serde, bytes))).toEqual(bytes);
      }
    });

    it('reads the given range and nothing around it', () => {
      const serde = create();
      for (const value of values) {
        const bytes = encode(serde, value);
        const buffer = Buffer.concat([before, bytes, after]);
        expect(serde.decode(buffer, before.length, before.length + bytes.length)).toEqual(value);
      }
    });

    it('reads a view that does not start where its memory starts', () => {
      const serde = create();
      for (const value of values) {
        const bytes = encode(serde, value);
        const view = new Uint8Array(Buffer.concat([before, bytes, after])).subarray(before.length);
        expect(serde.decode(view, 0, bytes.length)).toEqual(value);
      }
    });

    it('appends behind what is written already', () => {
      const serde = create();
      for (const value of values) {
        const writer = new ByteWriter(1);
        writer.writeBytes(before);
        serde.encodeInto(value, writer);
        expect(writer.toBytes()).toEqual(new Uint8Array(Buffer.concat([before, encode(serde, value)])));
      }
    });

    it('shares no memory with the buffer that it read', () => {
      const serde = create();
      for (const value of values) {
        const bytes = encode(serde, value);
        const decoded = decodeAll(serde, bytes);
        bytes.fill(0);
        expect(decoded).toEqual(value);
      }
    });

    it('gives every reader an object of its own, unless it is immutable', () => {
      const serde = create();
      for (const value of values) {
        const bytes = encode(serde, value);
        const decoded = decodeAll(serde, bytes);
        if (serde.immutable || typeof decoded !== 'object' || decoded === null) continue;
        expect(decoded === value || decoded === decodeAll(serde, bytes)).toBe(false);
      }
    });

    it('calls its values primitive only if they are', () => {
      const serde = create();
      for (const value of values) if (serde.primitive) expect(value !== null && ['object', 'function'].includes(typeof value)).toBe(false);
      if (serde.primitive) expect(serde.immutable).toBe(true);
    });

    it('calls bytes canonical only if it would write them again', () => {
      const serde = create();
      for (const bytes of [...values.map((value) => encode(serde, value)), ...malformed]) {
        const buffer = Buffer.concat([before, bytes, after]);
        if (serde.isCanonical?.(buffer, before.length, before.length + bytes.length) !== true) continue;
        expect(encode(serde, decodeAll(serde, bytes))).toEqual(new Uint8Array(bytes));
      }
    });

    it('keeps its laws when it is bound to a topic', () => {
      const serde = create();
      for (const role of ['key', 'value'] as const) {
        const bound = serde.bind?.({ topic: 'orders', role }) ?? serde;
        for (const value of values) expect(decodeAll(bound, encode(bound, value))).toEqual(value);
        expect(bound.primitive).toBe(serde.primitive);
        expect(bound.immutable).toBe(serde.immutable);
      }
    });

    it('throws on bytes that it cannot read, and works on', () => {
      const serde = create();
      for (const bytes of malformed) {
        expect(throws(() => decodeAll(serde, bytes))).toBe(true);
        for (const value of values) expect(decodeAll(serde, encode(serde, value))).toEqual(value);
      }
    });

    it('throws on values that it cannot write, and works on', () => {
      const serde = create();
      for (const value of unwritable) {
        // That the type forbids the value is the point.
        expect(throws(() => encode(serde, value as T))).toBe(true);
        for (const good of values) expect(decodeAll(serde, encode(serde, good))).toEqual(good);
      }
    });
  });
}

function encode<T>(serde: Serde<T>, value: T): Uint8Array {
  const writer = new ByteWriter();
  serde.encodeInto(value, writer);
  return writer.toBytes();
}

function decodeAll<T>(serde: Serde<T>, bytes: Uint8Array): T {
  return serde.decode(bytes, 0, bytes.length);
}

function throws(action: () => unknown): boolean {
  try {
    action();
    return false;
  } catch {
    return true;
  }
}
