/** A topic and its partitions. */
import type { BatchRules } from '../log/batch-check.ts';
import { PartitionLog } from '../log/partition-log.ts';
import { TopicConfigs } from './topic-configs.ts';

/** Somebody who waits for a partition to change: for more bytes, another leader, its end. */
export type PartitionWatcher = () => void;

export class Partition {
  readonly topic: Topic;
  readonly index: number;
  readonly log: PartitionLog;
  /** Preferred leader first. */
  readonly replicas: readonly number[];
  /** -1 = none of the replicas is up. */
  leader: number;
  leaderEpoch = 0;
  /** Wall clock from which on the leader serves: until then it says that it is none. */
  readonly servesFromMs: number;
  readonly #watchers = new Set<PartitionWatcher>();

  constructor(topic: Topic, index: number, replicas: readonly number[], leader: number, log: PartitionLog, servesFromMs: number) {
    this.topic = topic;
    this.index = index;
    this.replicas = replicas;
    this.leader = leader;
    this.log = log;
    this.servesFromMs = servesFromMs;
  }

  /** Returns what ends the watch. */
  watch(watcher: PartitionWatcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Tells everybody who waits, in the order in which they came. */
  changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  electLeader(leader: number): void {
    if (leader === this.leader) return;
    this.leader = leader;
    this.leaderEpoch++;
    this.changed();
  }
}

export class Topic {
  readonly name: string;
  readonly id: string;
  readonly partitions: Partition[] = [];
  isDeleted = false;
  #configs: TopicConfigs;
  #batchRules: Omit<BatchRules, 'allowsZstd'>;

  constructor(name: string, id: string, configs: TopicConfigs) {
    this.name = name;
    this.id = id;
    this.#configs = configs;
    this.#batchRules = configs.batchRules();
  }

  get configs(): TopicConfigs {
    return this.#configs;
  }

  /** Made once a change, since every produced batch is held against them. */
  get batchRules(): Omit<BatchRules, 'allowsZstd'> {
    return this.#batchRules;
  }

  addPartition(replicas: readonly number[], leader: number, nowMs: number, servesFromMs: number): void {
    const log = new PartitionLog(this.#configs.logSettings(), nowMs);
    this.partitions.push(new Partition(this, this.partitions.length, replicas, leader, log, servesFromMs));
  }

  configure(configs: TopicConfigs): void {
    this.#configs = configs;
    this.#batchRules = configs.batchRules();
    const settings = configs.logSettings();
    for (const partition of this.partitions) partition.log.settings = settings;
  }

  delete(): void {
    this.isDeleted = true;
    for (const partition of this.partitions) partition.changed();
  }
}
