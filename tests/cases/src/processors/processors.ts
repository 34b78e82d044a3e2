/** The processors of the format by name. */
import type { FixedKeyProcessorFactory } from '@millrace/core';
import type { Datum } from '../datum.ts';
import { CaseFormatError, type Json } from '../json.ts';
import type { ValueType } from '../value-type.ts';
import { keep, peekStores, write } from './global-processors.ts';
import { ProcessorSpec } from './processor-spec.ts';
import { statelessStep } from './stateless.ts';
import { type CaseProcessor, dedup, lookup, prefixScan, rangeScan, sum } from './store-processors.ts';
import { versionedPut } from './versioned-processors.ts';
import { sessionPut, windowPut } from './window-processors.ts';

const withState: Readonly<Record<string, (spec: ProcessorSpec) => CaseProcessor>> = {
  dedup,
  lookup,
  prefixScan,
  rangeScan,
  sum,
  versionedPut,
  windowPut,
  sessionPut,
  keep,
  peekStores,
  write,
};
const keepingKeys: ReadonlySet<string> = new Set(['dedup', 'headers', 'shiftTs', 'repeat', 'context', 'lookup', 'throwIf']);
/** Those that pass values on as they are; the others make text. */
const keepingValues: ReadonlySet<string> = new Set(['dedup', 'headers', 'route', 'shiftTs', 'throwIf']);

/** Creates the processor that `json` describes, anew each time. */
export function processorFactory(json: Json | undefined): () => CaseProcessor {
  const spec = new ProcessorSpec(json);
  const stateful = withState[spec.name];
  if (stateful !== undefined) return () => stateful(spec);
  const step = statelessStep(spec);
  if (step !== undefined) return () => stateless(step);
  throw new CaseFormatError(`unknown processor ${spec.name}`);
}

/** As `processorFactory`, for those that leave the key alone. */
export function fixedKeyProcessorFactory(json: Json | undefined): FixedKeyProcessorFactory<Datum, Datum, Datum> {
  const { name } = new ProcessorSpec(json);
  if (!keepingKeys.has(name)) throw new CaseFormatError(`${name} is no fixed-key processor`);
  // Nothing in these processors touches the key: a fixed-key record is a record to them.
  return processorFactory(json) as unknown as FixedKeyProcessorFactory<Datum, Datum, Datum>;
}

/** Type of the values that it forwards. */
export function processorOutput(json: Json | undefined, input: ValueType): ValueType {
  return keepingValues.has(new ProcessorSpec(json).name) ? input : 'utf8';
}

function stateless(step: NonNullable<ReturnType<typeof statelessStep>>): CaseProcessor {
  let run: CaseProcessor['process'] = () => {};
  return {
    init: (context) => {
      run = (record) => step(context, record);
    },
    process: (record) => run(record),
  };
}
