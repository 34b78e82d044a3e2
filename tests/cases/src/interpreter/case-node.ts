/** What an operator of a case made: an object of the DSL with the static types of its keys and values. */
import type {
  CogroupedKStream,
  GlobalKTable,
  KGroupedStream,
  KGroupedTable,
  KStream,
  KTable,
  SessionWindowedCogroupedKStream,
  SessionWindowedKStream,
  TimeWindowedCogroupedKStream,
  TimeWindowedKStream,
} from '@millrace/core';
import type { Datum, Present } from '../datum.ts';
import type { ValueType, WindowedType } from '../value-type.ts';

interface Types {
  readonly key: ValueType;
  readonly value: ValueType;
}

export interface StreamNode extends Types {
  readonly kind: 'stream';
  readonly stream: KStream<Datum, Datum>;
}

export interface TableNode extends Types {
  readonly kind: 'table';
  readonly table: KTable<Present, Present>;
}

export interface GlobalTableNode extends Types {
  readonly kind: 'globalTable';
  readonly table: GlobalKTable<Present, Present>;
}

export interface GroupedStreamNode extends Types {
  readonly kind: 'groupedStream';
  readonly grouped: KGroupedStream<Present, Datum>;
}

export interface GroupedTableNode extends Types {
  readonly kind: 'groupedTable';
  readonly grouped: KGroupedTable<Present, Present>;
}

export interface CogroupedNode extends Types {
  readonly kind: 'cogrouped';
  readonly cogrouped: CogroupedKStream<Present, Datum>;
}

/** `key` is that inside the windows, `windowedKey` that of tables made of it. */
interface WindowedTypes extends Types {
  readonly windowedKey: WindowedType;
}

export interface WindowsNode extends WindowedTypes {
  readonly kind: 'windows';
  readonly windowed: TimeWindowedKStream<Present, Datum>;
}

export interface SessionsNode extends WindowedTypes {
  readonly kind: 'sessions';
  readonly windowed: SessionWindowedKStream<Present, Datum>;
}

export interface CogroupedWindowsNode extends WindowedTypes {
  readonly kind: 'cogroupedWindows';
  readonly windowed: TimeWindowedCogroupedKStream<Present, Datum>;
}

export interface CogroupedSessionsNode extends WindowedTypes {
  readonly kind: 'cogroupedSessions';
  readonly windowed: SessionWindowedCogroupedKStream<Present, Datum>;
}

export type CaseNode =
  | StreamNode
  | TableNode
  | GlobalTableNode
  | GroupedStreamNode
  | GroupedTableNode
  | CogroupedNode
  | WindowsNode
  | SessionsNode
  | CogroupedWindowsNode
  | CogroupedSessionsNode;

export type NodeKind = CaseNode['kind'];
export type NodeOf<Kind extends NodeKind> = Extract<CaseNode, { readonly kind: Kind }>;
