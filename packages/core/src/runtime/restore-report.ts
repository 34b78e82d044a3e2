/** What is told of a restore to whoever listens: where each changelog stands, how fast it goes, how long it will take. */
import type { RebuildReason, RestoreEvent } from './events.ts';
import type { RuntimeOptions } from './options.ts';
import type { RestoreRange } from './restore-task.ts';

/** Of one task, from its making on. */
export class RestoreReport {
  readonly #taskId: string;
  readonly #options: Pick<RuntimeOptions, 'clock' | 'log' | 'onRestore'>;
  readonly #startedMs: number;

  constructor(taskId: string, options: Pick<RuntimeOptions, 'clock' | 'log' | 'onRestore'>) {
    this.#taskId = taskId;
    this.#options = options;
    this.#startedMs = options.clock.monotonic();
  }

  /** `rebuild`: why local state was dropped, if it was. */
  start(range: RestoreRange, rebuild: RebuildReason | undefined): void {
    this.#tell({ kind: 'start', ...this.#place(range), rebuild });
  }

  progress(range: RestoreRange): void {
    const elapsedMs = this.#elapsedMs;
    const read = range.position - range.start;
    this.#tell({
      kind: 'progress',
      ...this.#place(range),
      records: range.records,
      recordsPerSecond: elapsedMs > 0 ? (range.records * 1_000) / elapsedMs : 0,
      etaMs: elapsedMs > 0 && read > 0 ? Math.max(0, (range.end - range.position) * elapsedMs) / read : undefined,
    });
  }

  end(range: RestoreRange): void {
    this.#tell({ kind: 'end', ...this.#place(range), records: range.records, elapsedMs: this.#elapsedMs });
  }

  suspended(range: RestoreRange): void {
    this.#tell({ kind: 'suspended', ...this.#place(range), records: range.records });
  }

  get #elapsedMs(): number {
    return this.#options.clock.monotonic() - this.#startedMs;
  }

  #place({ end, position, start, store, tp }: RestoreRange): Pick<RestoreEvent, 'taskId' | 'store' | 'tp' | 'start' | 'position' | 'end'> {
    return { taskId: this.#taskId, store, tp, start, position, end };
  }

  #tell(event: RestoreEvent): void {
    try {
      this.#options.onRestore(event);
    } catch (error) {
      this.#options.log.error('the restore listener failed', { error });
    }
  }
}
