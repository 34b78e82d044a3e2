/** What an operator of a case made: an object of the DSL with the static types of its keys and values. */
import type { KGroupedStream, KGroupedTable, KStream, KTable } from '@millrace/core';
import type { Datum, Present } from '../datum.ts';
import type { ValueType } from '../value-type.ts';

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

export interface GroupedStreamNode extends Types {
  readonly kind: 'groupedStream';
  readonly grouped: KGroupedStream<Present, Datum>;
}

export interface GroupedTableNode extends Types {
  readonly kind: 'groupedTable';
  readonly grouped: KGroupedTable<Present, Present>;
}

export type CaseNode = StreamNode | TableNode | GroupedStreamNode | GroupedTableNode;

export type NodeKind = CaseNode['kind'];
export type NodeOf<Kind extends NodeKind> = Extract<CaseNode, { readonly kind: Kind }>;
