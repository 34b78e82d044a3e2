/**
 * Deletes the state of tasks that this instance does not run, after a delay in which they may come back. Counted from when this process first saw the task unowned after an
 * assignment: a start never deletes what the assignment after it may want. Kafka Streams: `StateDirectory.cleanRemovedTasks`.
 */
import type { StateDirectory } from '@millrace/state';
import type { RuntimeOptions } from './options.ts';

export class StateCleaner {
  readonly #directory: StateDirectory;
  readonly #options: RuntimeOptions;
  readonly #unownedSince = new Map<string, number>();
  #nextMs = 0;

  constructor(directory: StateDirectory, options: RuntimeOptions) {
    this.#directory = directory;
    this.#options = options;
  }

  /** Forgets how long tasks have been away: a rebalance may bring them back. */
  restart(): void {
    this.#unownedSince.clear();
    this.#nextMs = 0;
  }

  /** Looks at the directory when it is time. Called while an assignment is in force. */
  async tick(owns: (taskId: string) => boolean): Promise<void> {
    const { clock, stateCleanupDelayMs, log } = this.#options;
    const now = clock.monotonic();
    if (now < this.#nextMs) return;
    this.#nextMs = now + Math.min(60_000, Math.max(1, stateCleanupDelayMs));
    const stored = new Set(this.#directory.storedTasks().map((task) => task.taskId));
    for (const taskId of this.#unownedSince.keys()) if (!stored.has(taskId) || owns(taskId)) this.#unownedSince.delete(taskId);
    for (const taskId of stored) {
      if (owns(taskId)) continue;
      const since = this.#unownedSince.get(taskId);
      if (since === undefined) {
        this.#unownedSince.set(taskId, now);
        continue;
      }
      if (now - since < stateCleanupDelayMs) continue;
      this.#unownedSince.delete(taskId);
      try {
        await this.#directory.dropTask(taskId);
        log.info('the state of a task that left was deleted', { taskId, afterMs: now - since });
      } catch (error) {
        log.warn('the state of a task that left could not be deleted; it is tried again', { taskId, error });
      }
    }
  }
}
