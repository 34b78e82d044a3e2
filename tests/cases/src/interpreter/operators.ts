/** Every operator of the format by name. A name that is not here is no operator. */
import { CaseFormatError } from '../json.ts';
import { addGlobalStore, addProcessor, addReadOnlyStateStore, addSink, addSource, addStateStore, connect, globalStore } from './by-hand.ts';
import { fkJoin } from './foreign-key-join.ts';
import { globalTable, gtJoin } from './global-tables.ts';
import { aggregate, count, groupBy, groupByKey, reduce } from './grouping.ts';
import type { Operation } from './operation.ts';
import { process, processValues, transformValues } from './processing.ts';
import { filter, filterNot, flatMap, flatMapValues, foreach, map, mapValues, peek, selectKey } from './record-by-record.ts';
import { merge, repartition, split, toStream, toTable } from './reshaping.ts';
import { suppress } from './suppress.ts';
import { store, stream, table, to } from './sources-and-sinks.ts';
import { cogroup, windowedBy } from './windowing.ts';
import { ssJoin, stJoin, ttJoin } from './joins.ts';

const operators: Readonly<Record<string, (op: Operation) => void>> = {
  stream,
  table,
  to,
  store,
  filter,
  filterNot,
  mapValues,
  map,
  selectKey,
  flatMap,
  flatMapValues,
  peek,
  foreach,
  merge,
  split,
  repartition,
  toTable,
  toStream,
  groupByKey,
  groupBy,
  cogroup,
  windowedBy,
  count,
  reduce,
  aggregate,
  globalTable,
  gtJoin,
  fkJoin,
  ssJoin,
  stJoin,
  ttJoin,
  process,
  processValues,
  transformValues,
  suppress,
  globalStore,
  addSource,
  addProcessor,
  addSink,
  addStateStore,
  connect,
  addGlobalStore,
  addReadOnlyStateStore,
};

/** @throws CaseFormatError; and whatever the DSL refuses */
export function applyOperator(op: Operation): void {
  const name = op.text('op');
  const apply = operators[name];
  if (apply !== undefined) apply(op);
  else throw new CaseFormatError(`unknown operator ${name}`);
}
