/** What is read is decoded at once, what is not stays bytes; neither shows in what comes out. */
import { describe, expect, it } from 'vitest';
import type { StreamRecord } from '../../src/record.ts';
import type { Serde } from '../../src/serde/serde.ts';
import { serdes } from '../../src/serde/serdes.ts';
import { anySerde, Harness, type Input, node, plan, sink, source, type TestContext } from './task-harness.ts';

/** The string serde, with a count of its calls. */
class CountingText implements Serde<string> {
  readonly immutable = true;
  readonly primitive = true;
  readonly format = 'utf8';
  readonly calls = { decode: 0, isCanonical: 0, decodeCanonical: 0 };
  readonly #inner = serdes.string();

  decode(buffer: Uint8Array, start: number, end: number): string {
    this.calls.decode++;
    return this.#inner.decode(buffer, start, end);
  }

  encodeInto(...[value, writer]: Parameters<Serde<string>['encodeInto']>): void {
    this.#inner.encodeInto(value, writer);
  }

  isCanonical(buffer: Uint8Array, start: number, end: number): boolean {
    this.calls.isCanonical++;
    return this.#inner.isCanonical?.(buffer, start, end) === true;
  }

  decodeCanonical(buffer: Uint8Array, start: number, end: number): string | undefined {
    this.calls.decodeCanonical++;
    return this.#inner.decodeCanonical?.(buffer, start, end);
  }
}

type Read = (record: StreamRecord<string, string>, index: number) => void;

function opened(read: Read): { readonly harness: Harness; readonly key: CountingText; readonly value: CountingText } {
  const key = new CountingText();
  const value = new CountingText();
  const from = source('S', 'in', ['P'], { keySerde: anySerde(key), valueSerde: anySerde(value) });
  const reading = () => {
    let index = 0;
    return {
      process: (record: StreamRecord<string, string>, context: TestContext) => {
        read(record, index++);
        context.forward(record);
      },
    };
  };
  return { harness: new Harness(plan([from, node('P', ['T'], reading), sink('T', 'out')])).start(), key, value };
}

const inputs = (count: number): Input[] => Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: `v${i}`, timestamp: i }));
const outputs = (count: number): string[] =>
  inputs(count).map(({ key, value, timestamp }) => `${String(key)}=${String(value)}@${timestamp}`);

describe('decoding of inputs', () => {
  it('leaves alone what nobody reads', () => {
    const { harness, key, value } = opened(() => {});
    harness.pipe('in', ...inputs(200));
    expect(harness.output.take('out')).toEqual(outputs(200));
    expect([key.calls, value.calls]).toEqual([
      { decode: 0, isCanonical: 200, decodeCanonical: 0 },
      { decode: 0, isCanonical: 200, decodeCanonical: 0 },
    ]);
  });

  it('decodes at once what is read, but for a few to see whether it still is', () => {
    const { harness, key, value } = opened((record) => void record.value);
    harness.pipe('in', ...inputs(200));
    expect(harness.output.take('out')).toEqual(outputs(200));
    expect(key.calls).toEqual({ decode: 0, isCanonical: 200, decodeCanonical: 0 });
    // One of 64 is looked at first.
    expect(value.calls).toEqual({ decode: 4, isCanonical: 4, decodeCanonical: 196 });
  });

  it('stops when nobody reads any more', () => {
    const { harness, value } = opened((record, index) => void (index < 64 ? record.value : null));
    harness.pipe('in', ...inputs(256));
    expect(harness.output.take('out')).toEqual(outputs(256));
    expect(value.calls).toEqual({ decode: 1, isCanonical: 1 + 192, decodeCanonical: 63 });
  });

  it.each([
    ['read', (record: StreamRecord<string, string>) => void [record.key, record.value]],
    ['not read', () => {}],
  ])('writes malformed text as it was replaced when it was decoded, %s', (_name, read) => {
    const { harness } = opened(read);
    const bad = Uint8Array.of(0x61, 0xff);
    const malformed = Array.from({ length: 70 }, (_, i) => ({ key: bad, value: i % 2 === 0 ? bad : null, timestamp: i }));
    harness.pipe('in', ...malformed);
    // U+FFFD in UTF-8, as latin1.
    const replaced = 'a\u00ef\u00bf\u00bd';
    expect(harness.output.take('out')).toEqual(
      malformed.map(({ timestamp, value }) => `${replaced}=${value === null ? null : replaced}@${timestamp}`),
    );
  });
});
