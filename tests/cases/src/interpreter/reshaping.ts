/** The operators that join, part or turn streams and tables into each other. */
import type { Branch, KStream } from '@millrace/core';
import { type Datum, datumOf, type Present } from '../datum.ts';
import { predicateOf } from '../functions/predicates.ts';
import { selectorOf } from '../functions/selectors.ts';
import { arrayOf, type JsonObject, objectOf, textOf } from '../json.ts';
import { serdeOf, sinkSerdeOf } from '../value-type.ts';
import type { StreamNode } from './case-node.ts';
import { serdesOnly, storeOf } from './materialization.ts';
import type { Operation } from './operation.ts';

export function merge(op: Operation): void {
  const input = op.inputOf('stream');
  op.put({ ...input, stream: input.stream.merge(op.inputOf('stream', 'with').stream, { name: op.name }) });
}

export function split(op: Operation): void {
  const input = op.inputOf('stream');
  const specs = arrayOf(op.field('branches'), 'branches').map((branch) => objectOf(branch, 'a branch'));
  const defaultSpec = op.object('default');
  const branches: readonly (CaseBranch & { readonly when: Branch<Datum, Datum>['when'] })[] = specs.map((spec) => {
    const predicate = predicateOf(spec['pred']);
    return { ...branchOf(op, input, spec), when: (value, key) => predicate(datumOf(key), datumOf(value)) };
  });
  const all = defaultSpec === undefined ? specs : [...specs, defaultSpec];
  const options = { name: op.name };
  const results: readonly (StreamNode | undefined)[] =
    defaultSpec === undefined
      ? input.stream.split(branches, options)
      : input.stream.split(branches, { ...options, default: branchOf(op, input, defaultSpec) });
  for (const [index, node] of results.entries()) {
    const id = all[index]?.['id'];
    if (node !== undefined && id !== undefined) op.put(node, textOf(id, 'the id of a branch'));
  }
}

/** What a branch goes on with: a node of the case, or undefined where its consumer ends it. */
interface CaseBranch {
  readonly name: string | undefined;
  readonly apply: (branch: StreamNode['stream']) => StreamNode | undefined;
}

function branchOf(op: Operation, input: StreamNode, spec: JsonObject): CaseBranch {
  const name = spec['as'] === undefined ? undefined : textOf(spec['as'], 'the name of a branch');
  if (spec['chain'] !== undefined) {
    const fn = selectorOf(spec['chain']);
    const value = fn.type(input.key, input.value);
    return { name, apply: (branch) => ({ ...input, stream: branch.mapValues((v, k) => fn.apply(datumOf(k), datumOf(v))), value }) };
  }
  if (spec['consumeTo'] !== undefined) {
    const topic = textOf(spec['consumeTo'], 'consumeTo');
    op.building.outputTypes.set(topic, { key: input.key, value: input.value });
    return {
      name,
      apply: (branch) => {
        branch.to(topic, { key: sinkSerdeOf(input.key), value: serdeOf(input.value) });
        return undefined;
      },
    };
  }
  return { name, apply: (branch) => ({ ...input, stream: branch }) };
}

export function repartition(op: Operation): void {
  const input = op.inputOf('stream');
  const partitions = op.has('partitions') ? op.number('partitions') : undefined;
  op.put({
    ...input,
    stream: input.stream.repartition({ name: op.name, key: op.serde(input.key), value: op.serde(input.value), partitions }),
  });
}

export function toTable(op: Operation): void {
  const { stream, key, value } = op.inputOf('stream');
  const store = storeOf(op, key, value) ?? serdesOnly(op, key, value);
  op.put({ kind: 'table', table: rows(stream).toTable({ name: op.name, store }), key, value });
}

/** Records without key or value make no rows: what is left of the stream's types in a table. */
function rows(stream: StreamNode['stream']): KStream<Present, Present> {
  return stream as unknown as KStream<Present, Present>;
}

export function toStream(op: Operation): void {
  const { table, key, value } = op.inputOf('table');
  const options = { name: op.name };
  if (!op.has('by')) {
    // A stream whose keys are there is a stream whose keys may be missing.
    op.put({ kind: 'stream', stream: table.toStream(options) as unknown as StreamNode['stream'], key, value });
    return;
  }
  const by = selectorOf(op.field('by'));
  const stream = table.toStream((rowValue, rowKey) => by.apply(datumOf(rowKey), datumOf(rowValue)), options);
  op.put({ kind: 'stream', stream, key: by.type(key, value), value });
}
