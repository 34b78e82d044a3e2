/** What a workload must put out, computed beside the engine by the plainest code that does it. */
import type { InputRecord } from './input.ts';
import { Outputs } from './outputs.ts';

export type Expect = (input: Iterable<InputRecord>) => Outputs;

const size = 10_000;
const joinDistance = 1000;

export function eachRecord(change: (value: string) => string): Expect {
  return (input) => {
    const outputs = new Outputs();
    for (const { key, value } of input) outputs.add(key, change(value));
    return outputs;
  };
}

/** Running counts of what `keysOf` finds in each record, written with the first word of the key. */
function running(keysOf: (record: InputRecord) => Iterable<string>): Expect {
  return (input) => {
    const outputs = new Outputs();
    const counts = new Map<string, number>();
    for (const record of input) {
      for (const counted of keysOf(record)) {
        const count = (counts.get(counted) ?? 0) + 1;
        counts.set(counted, count);
        const space = counted.indexOf(' ');
        outputs.add(space < 0 ? counted : counted.slice(0, space), longText(count));
      }
    }
    return outputs;
  };
}

export const expectCounts: Expect = running(({ key }) => [key]);

export const expectWordCounts: Expect = running(({ value }) => value.split(' '));

/** Records are in order, so none is late: each updates all the windows that it lies in. */
export function expectWindows(advance: number): Expect {
  return running(({ key, timestamp }) => {
    const newest = timestamp - (timestamp % advance);
    const windows: string[] = [];
    for (let start = newest - size + advance; start <= newest; start += advance) windows.push(`${key} ${start}`);
    return windows;
  });
}

export function expectPairs(input: Iterable<InputRecord>): Outputs {
  const outputs = new Outputs();
  const recent = new Map<string, InputRecord[]>();
  for (const record of input) {
    const near = (recent.get(record.key) ?? []).filter(({ timestamp }) => timestamp >= record.timestamp - joinDistance);
    for (const other of near) {
      if (other.isRight !== record.isRight)
        outputs.add(record.key, record.isRight ? other.value + record.value : record.value + other.value);
    }
    near.push(record);
    recent.set(record.key, near);
  }
  return outputs;
}

export function expectJoinedRows(input: Iterable<InputRecord>): Outputs {
  const outputs = new Outputs();
  const left = new Map<string, string>();
  const right = new Map<string, string>();
  for (const { key, value, isRight } of input) {
    (isRight ? right : left).set(key, value);
    const [a, b] = [left.get(key), right.get(key)];
    if (a !== undefined && b !== undefined) outputs.add(key, a + b);
  }
  return outputs;
}

/** Only the last row of each key: how often a row comes out on the way depends on which of two topics is read first. */
export function expectForeignRows(input: Iterable<InputRecord>): Outputs {
  const outputs = new Outputs();
  const left = new Map<string, string>();
  const right = new Map<string, string>();
  for (const { key, value, isRight } of input) (isRight ? right : left).set(key, value);
  for (const [key, value] of left) {
    const foreign = right.get(value.slice(0, 6));
    if (foreign !== undefined) outputs.add(key, value + foreign);
  }
  return outputs;
}

/** A count as text of its eight bytes. */
function longText(count: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(count, 4);
  return bytes.toString('latin1');
}
