/**
 * How windowed aggregations hand on a change of a window: at once; where the store caches, when the cache is flushed; or not at all, where windows are emitted once they
 * have closed. Kafka Streams: `TimestampedTupleForwarder`.
 */
import { Change } from '../processor/change.ts';
import type { OperatorContext } from '../processor/processor.ts';
import { StreamRecord } from '../record.ts';
import type { FlushListener } from '../stores/faces.ts';
import { Windowed } from '../windows/windowed.ts';
import type { EmitStrategy } from './emit-strategy.ts';
import type { TableTraits } from './operator.ts';

/** What the stores of windows and of sessions have in common here. */
interface ListenedStore<K, A> {
  setFlushListener(listener: FlushListener<Windowed<K>, A>, sendOldValues: boolean): boolean;
}

export class WindowedOutput<K, A> {
  readonly #context: OperatorContext<Windowed<K>, Change<A>>;
  readonly #sendOldValues: boolean;
  /** Updates are forwarded here and now. */
  readonly #updates: boolean;
  readonly #listened: boolean;

  constructor(
    context: OperatorContext<Windowed<K>, Change<A>>,
    store: ListenedStore<K, A>,
    { sendOldValues }: TableTraits,
    emit: EmitStrategy,
  ) {
    this.#context = context;
    this.#sendOldValues = sendOldValues;
    this.#listened = context.hasChildren;
    const caches = emit === 'onWindowUpdate' && store.setFlushListener((record) => context.forward(record), sendOldValues);
    this.#updates = emit === 'onWindowUpdate' && !caches && this.#listened;
  }

  /** A window that `record` changed, with its headers. */
  update(record: StreamRecord<K, unknown>, start: number, end: number, newValue: A | null, oldValue: A | null, timestamp: number): void {
    if (!this.#updates) return;
    const key = new Windowed(record.key, { start, end });
    this.#context.forward(record.withKeyValueAt(key, new Change(newValue, this.#sendOldValues ? oldValue : null), timestamp));
  }

  /** A session that changed: without headers and at its end's time, as in Kafka Streams (S-69). */
  updateSession(key: K, start: number, end: number, newValue: A | null, oldValue: A | null): void {
    if (!this.#updates) return;
    const change = new Change(newValue, this.#sendOldValues ? oldValue : null);
    this.#context.forward(StreamRecord.plain(new Windowed(key, { start, end }), change, end));
  }

  /** A window that closed; headers are those of the record whose time closed it. */
  close(record: StreamRecord<K, unknown>, key: K, start: number, end: number, value: A, timestamp: number): void {
    if (!this.#listened) return;
    this.#context.forward(record.withKeyValueAt(new Windowed(key, { start, end }), new Change<A>(value, null), timestamp));
  }
}
