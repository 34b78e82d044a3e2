/** The transformers of tables' values by name. */
import type { KeyValueStore, ProcessingContext, ValueTransformer, ValueTransformerFactory } from '@millrace/core';
import { type Datum, datumOf, i64, type Present, text } from '../datum.ts';
import { CaseFormatError, type Json } from '../json.ts';
import { ProcessorSpec } from './processor-spec.ts';

type CaseTransformer = ValueTransformer<Present, Present, Datum>;
type Counts = KeyValueStore<Datum, Datum>;

/** Creates the transformer that `json` describes, anew each time. */
export function transformerFactory(json: Json | undefined): ValueTransformerFactory<Present, Present, Datum> {
  const spec = new ProcessorSpec(json);
  switch (spec.name) {
    case 'withKey':
      return () => ({ transform: (value, key) => `${text(datumOf(key))}:${text(datumOf(value))}` });
    case 'countCalls':
      return () => countCalls(spec.text('store'));
    default:
      throw new CaseFormatError(`unknown transformer ${spec.name}`);
  }
}

function countCalls(store: string): CaseTransformer {
  let counts: Counts;
  return {
    init: (context: ProcessingContext) => {
      counts = context.getStateStore<Counts>(store);
    },
    transform: (value, key) => {
      const calls = i64(datumOf(counts.get(text(datumOf(key))))) + 1n;
      counts.put(text(datumOf(key)), calls);
      return `${text(datumOf(value))}/${calls}`;
    },
  };
}
