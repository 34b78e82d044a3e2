/** The operators that run processors of the format's own vocabulary. */
import { textsOf } from '../json.ts';
import { fixedKeyProcessorFactory, processorFactory, processorOutput } from '../processors/processors.ts';
import type { Operation } from './operation.ts';

export function process(op: Operation): void {
  const { stream, key, value } = op.inputOf('stream');
  const create = processorFactory(op.field('processor'));
  op.put({ kind: 'stream', stream: stream.process(create, optionsOf(op)), key, value: processorOutput(op.field('processor'), value) });
}

export function processValues(op: Operation): void {
  const { stream, key, value } = op.inputOf('stream');
  const create = fixedKeyProcessorFactory(op.field('processor'));
  op.put({
    kind: 'stream',
    stream: stream.processValues(create, optionsOf(op)),
    key,
    value: processorOutput(op.field('processor'), value),
  });
}

function optionsOf(op: Operation): { readonly name: string | undefined; readonly stores: readonly string[] } {
  return { name: op.name, stores: op.has('stores') ? textsOf(op.field('stores'), 'stores') : [] };
}
