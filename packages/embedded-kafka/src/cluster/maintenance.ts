/** What a broker does by itself from time to time: deletes by retention, compacts, forgets producers. */
import type { Clock } from '@millrace/core/kafka';
import { compact, dirtyRatio } from '../log/compaction.ts';
import { retain } from '../log/retention.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterSettings } from './cluster-settings.ts';
import type { Partition } from './topic.ts';

export class Maintenance {
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  readonly #settings: ClusterSettings;

  constructor(cluster: Cluster, clock: Clock, settings: ClusterSettings) {
    this.#cluster = cluster;
    this.#clock = clock;
    this.#settings = settings;
    this.#every(settings.retentionCheckIntervalMs, () => this.retain());
    this.#every(settings.compactionIntervalMs, () => this.compactDirty());
  }

  #every(intervalMs: number, work: () => void): void {
    const again = (): void => {
      work();
      this.#clock.setTimer(again, intervalMs, { unref: true });
    };
    this.#clock.setTimer(again, intervalMs, { unref: true });
  }

  /** Deletes what retention lets go of. */
  retain(): void {
    const nowMs = this.#clock.now();
    for (const { log } of this.#cluster.partitions()) {
      retain(log, nowMs);
      log.expireProducers(nowMs, this.#settings.producerIdExpirationMs);
    }
  }

  /** Compacts the logs that have grown enough since the last time. */
  compactDirty(): void {
    const nowMs = this.#clock.now();
    for (const { log } of this.#cluster.partitions()) {
      if (
        log.settings.isCompacted &&
        dirtyRatio(log, nowMs) >= log.settings.minCleanableDirtyRatio &&
        hasDirt(log.compactedUpTo, log.active.baseOffset)
      )
        compact(log, nowMs);
    }
  }

  /** Compacts now, however little there is to do. `roll` closes the active segment first, so that everything up to now is compacted. */
  compact(partitions: Iterable<Partition>, roll: boolean): void {
    const nowMs = this.#clock.now();
    for (const { log } of partitions) {
      if (!log.settings.isCompacted) continue;
      if (roll) log.roll(nowMs);
      compact(log, nowMs);
    }
  }
}

function hasDirt(compactedUpTo: number, activeBase: number): boolean {
  return compactedUpTo < activeBase;
}
