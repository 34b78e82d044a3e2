/**
 * A new value for every row of a table by an object with stores of its own; it sees deleted rows too. Without a store for the result the old value is computed by
 * calling it once more. Kafka Streams: `KTableTransformValues`.
 */
import { Change } from '../processor/change.ts';
import type {
  Cancellable,
  OperatorContext,
  ProcessingContext,
  Processor,
  ProcessorContext,
  PunctuationType,
  Punctuator,
  ScheduleOptions,
} from '../processor/processor.ts';
import type { ValueTransformer, ValueTransformerFactory } from '../processor/value-transformer.ts';
import { refusePromise } from '../processor/synchronous.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { RecordMetadata, StreamRecord } from '../record.ts';
import type { TableStore, ValueAndTimestamp } from '../stores/faces.ts';
import type { Duration } from '../time.ts';
import type { TableOperator, TableTraits } from './operator.ts';
import { TableOutput } from './table-output.ts';
import { derivedReader, type TableReader, type TableView } from './table-reader.ts';

class TableTransformValues<K, V, V2> implements Processor<K, Change<V>, K, Change<V2>> {
  readonly #transformer: ValueTransformer<K, V, V2>;
  readonly #traits: TableTraits;
  #context!: ProcessorContext<K, Change<V2>>;
  #store: TableStore<K, V2> | undefined;
  #output!: TableOutput<K, V2>;

  constructor(transformer: ValueTransformer<K, V, V2>, traits: TableTraits) {
    this.#transformer = transformer;
    this.#traits = traits;
  }

  init(context: ProcessorContext<K, Change<V2>>): void {
    this.#context = context;
    this.#transformer.init?.(context);
    const { store, sendOldValues } = this.#traits;
    this.#store = store === undefined ? undefined : context.getStateStore<TableStore<K, V2>>(store);
    this.#output = new TableOutput(context, this.#store, sendOldValues);
  }

  process(record: StreamRecord<K, Change<V>>): void {
    const { key, timestamp } = record;
    const change = record.value;
    const store = this.#store;
    const newValue = this.#transformed(change.newValue, key);
    if (store === undefined) {
      const oldValue = this.#traits.sendOldValues ? this.#transformed(change.oldValue, key) : null;
      this.#context.forward(record.withValue(new Change(newValue, oldValue, change.isLatest || this.#traits.isOutputVersioned === false)));
      return;
    }
    const oldValue = this.#traits.sendOldValues ? (store.lookup(key)?.value ?? null) : null;
    const validTo = store.write(key, newValue, timestamp);
    this.#output.forward(record, newValue, oldValue, timestamp, validTo);
  }

  #transformed(value: V | null, key: K): V2 | null {
    const transformed = this.#transformer.transform(value, key) ?? null;
    refusePromise(transformed, 'the value transformer');
    return transformed;
  }

  close(): void {
    this.#transformer.close?.();
  }
}

export function tableTransformValues<K, V, V2>(create: ValueTransformerFactory<K, V, V2>): TableOperator<K, Change<V>, K, Change<V2>> {
  return { prefix: 'KTABLE-TRANSFORMVALUES-', create: (traits) => new TableTransformValues(create(), traits) };
}

/** Time of a row that its parent does not have. */
const unknownTime = -1;

/** The rows, computed by a transformer of the reader's own. A row that the parent does not have may get a value all the same. */
export function transformedView<K, V, V2>(create: ValueTransformerFactory<K, V, V2>): TableView<K, V, V2> {
  return (parent, context): TableReader<K, V2> => {
    const transformer = create();
    // Only operators open readers, and theirs is the whole context.
    (context as OperatorContext<never, never>).onClose(() => transformer.close?.());
    transformer.init?.(new RowContext(context));
    return derivedReader(parent, (row, key): ValueAndTimestamp<V2> | undefined => {
      const value = transformer.transform(row === undefined ? null : row.value, key);
      refusePromise(value, 'the value transformer');
      return value === null || value === undefined ? undefined : { value, timestamp: row === undefined ? unknownTime : row.timestamp };
    });
  };
}

/** The context of the node that looks a row up: the row came from no input record that anybody knows. */
class RowContext implements ProcessingContext {
  readonly #context: ProcessingContext;

  constructor(context: ProcessingContext) {
    this.#context = context;
  }

  get applicationId(): string {
    return this.#context.applicationId;
  }

  get taskId(): string {
    return this.#context.taskId;
  }

  get recordMetadata(): RecordMetadata | undefined {
    return this.#context.recordMetadata === undefined ? undefined : { topic: '', partition: -1, offset: -1 };
  }

  get currentSystemTimeMs(): number {
    return this.#context.currentSystemTimeMs;
  }

  get currentStreamTimeMs(): number {
    return this.#context.currentStreamTimeMs;
  }

  get log(): Logger {
    return this.#context.log;
  }

  get metrics(): Metrics {
    return this.#context.metrics;
  }

  getStateStore<S>(name: string): S {
    return this.#context.getStateStore<S>(name);
  }

  schedule(interval: Duration, type: PunctuationType, punctuate: Punctuator, options?: ScheduleOptions): Cancellable {
    return this.#context.schedule(interval, type, punctuate, options);
  }

  commit(): void {
    this.#context.commit();
  }
}
