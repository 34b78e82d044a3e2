/** Processors of the format that keep nothing. Each is what it does with one record. */
import type { ProcessorContext, StreamRecord } from '@millrace/core';
import { Headers } from '@millrace/core';
import { type Datum, datumOf, text } from '../datum.ts';
import { predicateOf } from '../functions/predicates.ts';
import { UserFunctionError } from '../functions/tests.ts';
import { arrayOf, textOf, textsOf } from '../json.ts';
import type { ProcessorSpec } from './processor-spec.ts';

export type CaseRecord = StreamRecord<Datum, Datum>;
export type CaseContext = ProcessorContext<Datum, Datum>;
export type Step = (context: CaseContext, record: CaseRecord) => void;

/** The step of a processor without state; undefined if there is none of this name. */
export function statelessStep(spec: ProcessorSpec): Step | undefined {
  switch (spec.name) {
    case 'headers':
      return changeHeaders(spec);
    case 'shiftTs': {
      const shiftMs = spec.number('ms');
      return (context, record) => context.forward(record.withTimestamp(record.timestamp + shiftMs));
    }
    case 'repeat': {
      const count = spec.number('n');
      const stepMs = spec.numberOr('stepMs', 0);
      return (context, record) => {
        for (let index = 0; index < count; index++) {
          const value = `${text(datumOf(record.value))}#${index}`;
          context.forward(record.withValue(value).withTimestamp(record.timestamp + index * stepMs));
        }
      };
    }
    case 'context':
      return (context, record) => context.forward(record.withValue(contextText(context, record.timestamp)));
    case 'throwIf': {
      const predicate = predicateOf(spec.field('pred'));
      return (context, record) => {
        if (predicate(datumOf(record.key), datumOf(record.value))) throw new UserFunctionError(datumOf(record.value));
        context.forward(record);
      };
    }
    case 'route': {
      const predicate = predicateOf(spec.field('pred'));
      const [yes, no] = [spec.text('yes'), spec.text('no')];
      return (context, record) => context.forward(record, predicate(datumOf(record.key), datumOf(record.value)) ? yes : no);
    }
    default:
      return undefined;
  }
}

function changeHeaders(spec: ProcessorSpec): Step {
  const removed = textsOf(spec.field('remove') ?? [], 'remove of a processor');
  const added = arrayOf(spec.field('add') ?? [], 'add of a processor').map((pair) => {
    const [name, value] = arrayOf(pair, 'a header');
    return {
      name: textOf(name, 'the name of a header'),
      value: value === null ? null : new Uint8Array(Buffer.from(textOf(value, 'a header'), 'base64')),
    };
  });
  return (context, record) => {
    const headers = new Headers(record.headers.toArray());
    for (const name of removed) headers.remove(name);
    for (const { name, value } of added) headers.add(name, value);
    context.forward(record.withHeaders(headers));
  };
}

function contextText(context: CaseContext, timestamp: number): string {
  const metadata = context.recordMetadata;
  // A punctuation has no input record: Java's topic is null there, Millrace's empty.
  const place =
    metadata === undefined ? 'none' : `${metadata.topic === '' ? 'null' : metadata.topic}-${metadata.partition}@${metadata.offset}`;
  return `${place} ts=${timestamp} st=${context.currentStreamTimeMs} wall=${context.currentSystemTimeMs}`;
}
