/** The three ways to call a stream's joins, told apart by what they were given: a stream, a table, or a global table and a selector. */
import { requiredPlace } from './required-place.ts';
import type { Mapper } from '../operators/functions.ts';
import type { StreamTableJoiner } from '../operators/stream-global-join.ts';
import type { StreamJoiner } from '../operators/stream-join.ts';
import type { JoinKind } from '../operators/table-join.ts';
import type { StreamPlace, TablePlace } from './build-context.ts';
import type { GlobalKTable } from './global-ktable.ts';
import type { KStream } from './kstream.ts';
import type { KTable } from './ktable.ts';
import type { NodeOptions } from './options.ts';
import { joinStreams } from './stream-join.ts';
import type { StreamJoined } from './stream-join-options.ts';
import { type Joined, joinStreamWithTable } from './stream-table-join.ts';

type StreamCall<K, V, VO, R> = [
  other: KStream<K, VO>,
  joiner: (left: NonNullable<V>, right: NonNullable<VO>, key: K & NonNullable<unknown>) => R,
  options: StreamJoined<K, NonNullable<V>, NonNullable<VO>>,
];
type TableCall<K, V, VO, R> = [
  other: KTable<NonNullable<K>, VO>,
  joiner: (left: NonNullable<V>, right: VO, key: K & NonNullable<unknown>) => R,
  options?: Joined<K, NonNullable<V>> | undefined,
];
type GlobalCall<K, V, KO, VO, R> = [
  other: GlobalKTable<KO, VO>,
  selector: Mapper<K, V, KO | null | undefined>,
  joiner: (left: V, right: VO, key: K) => R,
  options?: NodeOptions | undefined,
];
export type StreamJoinCall<K, V, KO, VO, R> = StreamCall<K, V, VO, R> | TableCall<K, V, VO, R> | GlobalCall<K, V, KO, VO, R>;

export function isGlobalCall<K, V, KO, VO, R>(call: StreamJoinCall<K, V, KO, VO, R>): call is GlobalCall<K, V, KO, VO, R> {
  return typeof call[2] === 'function';
}

function isTableCall<K, V, VO, R>(call: StreamCall<K, V, VO, R> | TableCall<K, V, VO, R>): call is TableCall<K, V, VO, R> {
  return 'lineage' in call[0].place;
}

/** A joiner gets null only where the kind of the join says so: its type is that of the method called. */
export function joinStream<K, V, VO, R>(
  kind: JoinKind,
  place: StreamPlace<K, V>,
  call: StreamCall<K, V, VO, R> | TableCall<K, V, VO, R>,
): KStream<K, R> {
  requiredPlace<StreamPlace<K, V> | StreamPlace<K, VO> | TablePlace<NonNullable<K>, VO>>(call[0], 'join', place.context);
  if (isTableCall(call)) {
    const [table, joiner, options = {}] = call;
    return joinStreamWithTable(kind === 'left', place, table.place, joiner as StreamTableJoiner<K, NonNullable<V>, VO, R>, options);
  }
  const [other, joiner, options] = call;
  return joinStreams(kind, place, other.place, joiner as StreamJoiner<K, NonNullable<V>, NonNullable<VO>, R>, options);
}
