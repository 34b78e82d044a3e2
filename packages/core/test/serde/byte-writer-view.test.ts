/** Views of what was written, kept by their bounds. */
import { expect, it } from 'vitest';
import { ByteWriter } from '../../src/serde/byte-writer.ts';

function written(writer: ByteWriter, text: string): ByteWriter {
  writer.position = 0;
  writer.writeUtf8(text);
  return writer;
}

it('shows what was written last, between start and position', () => {
  const writer = new ByteWriter();
  expect(Buffer.from(written(writer, 'abc').view(0)).toString()).toBe('abc');
  expect(Buffer.from(written(writer, 'xyz').view(1)).toString()).toBe('yz');
  expect(Buffer.from(written(writer, 'no').view(0)).toString()).toBe('no');
});

it('is made once for the same bounds', () => {
  const writer = new ByteWriter();
  const first = written(writer, 'abc').view(0);
  expect(written(writer, 'xyz').view(0)).toBe(first);
  expect(written(writer, 'long').view(0)).not.toBe(first);
});

it('is of the new buffer once the writer has grown', () => {
  const writer = new ByteWriter(16);
  const before = written(writer, 'abc').view(0);
  written(writer, 'a'.repeat(1000));
  const after = written(writer, 'xyz').view(0);
  expect(after).not.toBe(before);
  expect(Buffer.from(after).toString()).toBe('xyz');
});

it('is right for long content too', () => {
  const writer = new ByteWriter();
  for (const text of ['a'.repeat(5000), 'b'.repeat(300), 'c'.repeat(256), 'd'.repeat(257)]) {
    expect(Buffer.from(written(writer, text).view(0)).toString()).toBe(text);
  }
});
