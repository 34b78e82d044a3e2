/** The operators of topologies built by hand (`byHand`), and global stores: what the format has no other word for. */
import type { CopySourceOptions, CopyStoreOptions, Processor, SourceOptions, StateStoreOptions, WithStores } from '@millrace/core';
import { type Datum, datumOf, type Present, text } from '../datum.ts';
import { selectorOf } from '../functions/selectors.ts';
import { arrayOf, objectOf, textsOf } from '../json.ts';
import { processorFactory } from '../processors/processors.ts';
import type { CaseProcessor } from '../processors/store-processors.ts';
import { serdeOf, sinkSerdeOf } from '../value-type.ts';
import { Operation } from './operation.ts';
import { consumed, extractorNamed, stateStoreOf } from './sources-and-sinks.ts';

export function addSource(op: Operation): void {
  const { hand } = op.building;
  const topics = op.has('topic') ? op.text('topic') : op.has('pattern') ? new RegExp(op.text('pattern'), 'u') : names(op, 'topics');
  hand.addSource<Present, Present>(op.text('name'), topics, serdesOf(op));
}

export function addProcessor(op: Operation): void {
  op.building.hand.addProcessor(op.text('name'), supplierOf(op), { parents: names(op, 'parents'), stores: names(op, 'stores') });
}

export function addSink(op: Operation): void {
  const { hand, outputTypes } = op.building;
  const types = { key: op.type('key'), value: op.type('value') };
  const options = { parents: names(op, 'parents'), key: sinkSerdeOf(types.key), value: serdeOf(types.value) };
  if (!op.has('topicBy')) {
    outputTypes.set(op.text('topic'), types);
    hand.addSink<Present, Present>(op.text('name'), op.text('topic'), options);
    return;
  }
  const by = selectorOf(op.field('topicBy'));
  const prefix = op.has('topicPrefix') ? op.text('topicPrefix') : '';
  // The function's name shows in `describe`.
  const topicBy = (value: Datum, key: Datum): string => {
    const topic = prefix + text(by.apply(datumOf(key), datumOf(value)));
    outputTypes.set(topic, types);
    return topic;
  };
  hand.addSink(op.text('name'), topicBy, options);
}

export function addStateStore(op: Operation): void {
  op.building.hand.addStateStore(stateStoreOf(op), ...names(op, 'processors'));
}

export function connect(op: Operation): void {
  op.building.hand.connectProcessorAndStateStores(op.text('processor'), ...names(op, 'stores'));
}

export function addGlobalStore(op: Operation): void {
  op.building.hand.addGlobalStore(copyOf(op), fillingOf(op), placeOf(op));
}

export function addReadOnlyStateStore(op: Operation): void {
  op.building.hand.addReadOnlyStateStore(copyOf(op), fillingOf(op), placeOf(op));
}

/** Of the DSL. */
export function globalStore(op: Operation): void {
  const { offsetReset: _never, ...options } = consumed(op);
  op.building.builder.addGlobalStore(copyOf(op), op.text('topic'), fillingOf(op), options);
}

/** A processor with the stores that it brings. */
export function supplierOf(op: Operation): WithStores<() => CaseProcessor> {
  return { create: processorFactory(op.field('processor')), stores: broughtBy(op) };
}

/** Stores that a processor brings; the same description is the same store wherever it is. */
export function broughtBy(op: Operation): readonly StateStoreOptions<Present, Present>[] {
  return arrayOf(op.field('bring') ?? [], 'bring').map((fields) => {
    const { brought } = op.building;
    const key = JSON.stringify(fields);
    const store = brought.get(key) ?? stateStoreOf(new Operation(op.building, objectOf(fields, 'a store')));
    brought.set(key, store);
    return store;
  });
}

function serdesOf(op: Operation): SourceOptions<Present, Present> {
  return {
    key: serdeOf(op.type('key')),
    value: serdeOf(op.type('value')),
    timestampExtractor: extractorNamed(op.field('timestampExtractor')),
  };
}

function placeOf(op: Operation): CopySourceOptions<Present, Present> {
  return { topic: op.text('topic'), source: op.text('source'), processor: op.text('name'), ...serdesOf(op) };
}

/** A store of the format is logged unless it says otherwise; one that a topic fills is not, unless it says so. */
function copyOf(op: Operation): CopyStoreOptions {
  const store = new Operation(op.building, objectOf(op.field('store'), 'store'));
  // Whether a store that is logged all the same is refused is a case of its own.
  return { ...stateStoreOf(store), logging: store.flag('logging') || undefined } as CopyStoreOptions;
}

/** What it forwards goes nowhere, so that it may forward what it likes. */
function fillingOf(op: Operation): WithStores<() => Processor<Present, Present, never, never>> {
  return supplierOf(op) as unknown as WithStores<() => Processor<Present, Present, never, never>>;
}

function names(op: Operation, field: string): readonly string[] {
  return op.has(field) ? textsOf(op.field(field), field) : [];
}
