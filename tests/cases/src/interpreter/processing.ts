/** The operators that run processors of the format's own vocabulary. */
import { textsOf } from '../json.ts';
import { fixedKeyProcessorFactory, processorOutput } from '../processors/processors.ts';
import { transformerFactory } from '../processors/transformers.ts';
import { broughtBy, supplierOf } from './by-hand.ts';
import { storeOf } from './materialization.ts';
import type { Operation } from './operation.ts';

export function process(op: Operation): void {
  const { stream, key, value } = op.inputOf('stream');
  const supplier = supplierOf(op);
  op.put({ kind: 'stream', stream: stream.process(supplier, optionsOf(op)), key, value: processorOutput(op.field('processor'), value) });
}

export function processValues(op: Operation): void {
  const { stream, key, value } = op.inputOf('stream');
  const create = fixedKeyProcessorFactory(op.field('processor'));
  op.put({
    kind: 'stream',
    stream: stream.processValues({ ...supplierOf(op), create }, optionsOf(op)),
    key,
    value: processorOutput(op.field('processor'), value),
  });
}

export function transformValues(op: Operation): void {
  const { table, key } = op.inputOf('table');
  const create = transformerFactory(op.field('processor'));
  op.put({
    kind: 'table',
    table: table.transformValues({ create, stores: broughtBy(op) }, { ...optionsOf(op), store: storeOf(op, key, 'utf8') }),
    key,
    value: 'utf8',
  });
}

function optionsOf(op: Operation): { readonly name: string | undefined; readonly stores: readonly string[] } {
  return { name: op.name, stores: op.has('stores') ? textsOf(op.field('stores'), 'stores') : [] };
}
