/** What came out, small enough to keep: how many records, a sum over all of them that does not depend on their order, the last value of each key. */
import { crc32 } from 'node:zlib';

export class Outputs {
  count: number = 0;
  /** Of the checksums of all records. */
  sum: number = 0;
  /** Without keys whose last record was a deletion. */
  readonly last: Map<string, string> = new Map<string, string>();

  /** Key and value as text with one character a byte. */
  add(key: string, value: string | null): void {
    this.count++;
    this.sum += crc32(`${key} ${value ?? ''}`);
    if (value === null) this.last.delete(key);
    else this.last.set(key, value);
  }

  /** @throws Error that says how the outputs differ from what was expected. */
  expectAll(expected: Outputs): void {
    if (this.count !== expected.count) throw new Error(`${this.count} records came out, ${expected.count} were expected`);
    if (this.sum !== expected.sum) throw new Error('as many records as expected came out, but not the same ones');
    this.expectLast(expected);
  }

  expectLast(expected: Outputs): void {
    let wrong = 0;
    for (const [key, value] of expected.last) if (this.last.get(key) !== value) wrong++;
    if (wrong > 0 || expected.last.size !== this.last.size)
      throw new Error(`${wrong} of ${expected.last.size} keys have a wrong last value, ${this.last.size} keys came out`);
  }
}
