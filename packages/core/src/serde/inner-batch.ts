/** For serdes that have another one inside: what the inner one is to prepare for, as a batch of its own over the same bytes. */
import { FetchedRecords, positionsPerRecord } from '../kafka/fetched-records.ts';
import type { Serde } from './serde.ts';

/** Calls `add` with each range of `buffer[start, end)` that the inner serde will decode. Ranges of malformed bytes are left out: decoding tells. */
export type InnerRanges = (buffer: Uint8Array, start: number, end: number, add: (start: number, end: number) => void) => void;

type Prepare = NonNullable<Serde<unknown>['prepare']>;

/** `prepare` of a serde around `inner`; undefined if that has none. `role` is that of the outer serde's bytes. */
export function prepareInner<T>(inner: Serde<T>, rangesOf: InnerRanges): Prepare | undefined {
  if (inner.prepare === undefined) return undefined;
  return (batch, role) => {
    const positions: number[] = [];
    for (let i = 0; i < batch.count; i++) {
      const start = role === 'key' ? batch.keyStart(i) : batch.valueStart(i);
      if (start < 0) continue;
      rangesOf(batch.buffer, start, role === 'key' ? batch.keyEnd(i) : batch.valueEnd(i), (from, to) => {
        positions.push(-1, -1, from, to, -1);
      });
    }
    const count = positions.length / positionsPerRecord;
    if (count === 0) return undefined;
    const columns = {
      buffer: batch.buffer,
      offsets: new Float64Array(count),
      timestamps: new Float64Array(count),
      positions: Int32Array.from(positions),
    };
    return inner.prepare?.(new FetchedRecords(batch.tp, count, batch.nextOffset, columns), 'value');
  };
}
