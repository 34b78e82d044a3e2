/** The operators that look at one record or row at a time. */
import { type Datum, datumOf } from '../datum.ts';
import { listFunctionOf } from '../functions/lists.ts';
import { predicateOf } from '../functions/predicates.ts';
import { selectorOf } from '../functions/selectors.ts';
import { CaseFormatError } from '../json.ts';
import type { ValueType } from '../value-type.ts';
import { storeOf } from './materialization.ts';
import type { Operation } from './operation.ts';

export function filter(op: Operation): void {
  filterWhere(op, true);
}

export function filterNot(op: Operation): void {
  filterWhere(op, false);
}

function filterWhere(op: Operation, wanted: boolean): void {
  const input = op.input();
  const predicate = predicateOf(op.field('pred'));
  const accepts = (value: Datum, key: Datum): boolean => predicate(datumOf(key), datumOf(value));
  const { name } = op;
  if (input.kind === 'stream') {
    const { stream } = input;
    op.put({ ...input, stream: wanted ? stream.filter(accepts, { name }) : stream.filterNot(accepts, { name }) });
  } else if (input.kind === 'table') {
    const options = { name, store: storeOf(op, input.key, input.value) };
    const { table } = input;
    op.put({ ...input, table: wanted ? table.filter(accepts, options) : table.filterNot(accepts, options) });
  } else {
    throw new CaseFormatError(`a ${input.kind} cannot be filtered`);
  }
}

export function mapValues(op: Operation): void {
  const input = op.input();
  const fn = selectorOf(op.field('fn'));
  const withKey = op.flag('withKey');
  const mapper = (value: Datum, key: Datum): Datum => fn.apply(withKey ? datumOf(key) : null, datumOf(value));
  const value = fn.type(input.key, input.value);
  const { name } = op;
  if (input.kind === 'stream') op.put({ ...input, stream: input.stream.mapValues(mapper, { name }), value });
  else if (input.kind === 'table')
    op.put({ ...input, table: input.table.mapValues<Datum>(mapper, { name, store: storeOf(op, input.key, value) }), value });
  else throw new CaseFormatError(`the values of a ${input.kind} cannot be mapped`);
}

export function map(op: Operation): void {
  const input = op.inputOf('stream');
  if (op.flag('nullPair')) {
    // The type forbids what the case is about: a mapper without a result.
    const nothing = (): readonly [Datum, Datum] => null as unknown as readonly [Datum, Datum];
    op.put({ ...input, stream: input.stream.map(nothing) });
    return;
  }
  const pair = pairOf(op, input.key, input.value);
  op.put({ kind: 'stream', stream: input.stream.map(pair.select, { name: op.name }), key: pair.key, value: pair.value });
}

export function selectKey(op: Operation): void {
  const input = op.inputOf('stream');
  const by = selectorOf(op.field('by'));
  const stream = input.stream.selectKey((value, key) => by.apply(datumOf(key), datumOf(value)), { name: op.name });
  op.put({ ...input, stream, key: by.type(input.key, input.value) });
}

export function flatMap(op: Operation): void {
  const input = op.inputOf('stream');
  const each = listFunctionOf(op.field('each'));
  const pair = pairOf(op, input.key, 'utf8');
  const stream = input.stream.flatMap(
    (value, key) => {
      const items = each(datumOf(value));
      // The type forbids what the case is about: a mapper without a result.
      return items === null ? (null as unknown as []) : items.map((item) => pair.select(item, key));
    },
    { name: op.name },
  );
  op.put({ kind: 'stream', stream, key: pair.key, value: pair.value });
}

export function flatMapValues(op: Operation): void {
  const input = op.inputOf('stream');
  const each = listFunctionOf(op.field('each'));
  // As in flatMap.
  const stream = input.stream.flatMapValues<Datum>((value) => each(datumOf(value)) ?? (null as unknown as []), { name: op.name });
  op.put({ ...input, stream, value: 'utf8' });
}

export function peek(op: Operation): void {
  const input = op.inputOf('stream');
  op.put({ ...input, stream: input.stream.peek(reportTo(op), { name: op.name }) });
}

export function foreach(op: Operation): void {
  op.inputOf('stream').stream.foreach(reportTo(op), { name: op.name });
}

function reportTo(op: Operation): (value: Datum, key: Datum) => void {
  const topic = `#${op.id}`;
  const { calls } = op.building;
  return (value, key) => calls.push({ topic, key, value });
}

/** The fields `key` and `value` as one function, with the types of what they yield. */
export function pairOf(
  op: Operation,
  keyType: ValueType,
  valueType: ValueType,
): { readonly select: (value: Datum, key: Datum) => readonly [Datum, Datum]; readonly key: ValueType; readonly value: ValueType } {
  const [key, value] = [selectorOf(op.field('key')), selectorOf(op.field('value'))];
  return {
    select: (recordValue, recordKey) => {
      const [k, v] = [datumOf(recordKey), datumOf(recordValue)];
      return [key.apply(k, v), value.apply(k, v)];
    },
    key: key.type(keyType, valueType),
    value: value.type(keyType, valueType),
  };
}
