/** The parts of an instance, made in the order in which they need each other and closed in the reverse, also if making them fails half-way. */
import type { StateDirectory } from '@millrace/state';
import type { Task, TaskInit } from '../engine/contract.ts';
import type { ClientFeatures, CommittedOffset, StreamsClient } from '../kafka/port.ts';
import type { TopicPartition } from '../kafka/topic-partition.ts';
import type { ApplicationTopics } from './application-topics.ts';
import { ClassicCoordinator } from './classic-coordinator.ts';
import { AtLeastOnceCommitter, type TaskToReplay } from './committer.ts';
import type { TaskCoordinator, TaskHost } from './coordinator.ts';
import type { Mailbox } from './mailbox.ts';
import type { RuntimeOptions } from './options.ts';
import { GlobalStores } from './global-stores.ts';
import { preparationsOf } from './input-preparation.ts';
import { OutputHolder } from './output-holder.ts';
import { Purger } from './purger.ts';
import { ReaderHolder } from './reader-holder.ts';
import { Restorer } from './restorer.ts';
import { retrying } from './retry.ts';
import { RunLoop } from './run-loop.ts';
import { StateCleaner } from './state-cleaner.ts';
import { TaskRegistry } from './task-registry.ts';

/** What the instance works with once it is connected. */
export interface Parts {
  readonly output: OutputHolder;
  readonly reader: ReaderHolder;
  readonly restorer: Restorer;
  /** Undefined where the topology has none. */
  readonly globalStores: GlobalStores | undefined;
  readonly registry: TaskRegistry;
  readonly coordinator: TaskCoordinator;
  readonly loop: RunLoop;
  readonly cleaner: StateCleaner;
  readonly purger: Purger;
}

export interface PartsInit {
  readonly options: RuntimeOptions;
  readonly topics: ApplicationTopics;
  readonly createTask: (init: TaskInit) => Task;
  readonly host: TaskHost;
  readonly mailbox: Mailbox;
  /** Ends the waiting for brokers. */
  readonly signal: AbortSignal;
  /** Offsets were committed. */
  readonly onCommitted: () => void;
  /** The engine of a task has a commit whole. */
  readonly onStored: (taskId: string) => void;
  readonly onReplay: (failed: readonly TaskToReplay[]) => Promise<void>;
}

/** What was opened, to be closed the other way round. */
export class OpenedParts {
  readonly #init: PartsInit;
  readonly #closers: { readonly name: string; readonly close: () => Promise<void> | void }[] = [];
  #client: StreamsClient | undefined;
  /** How long the producer may take to send what it holds; 0 after a failure. */
  #sendTimeoutMs = 0;

  constructor(init: PartsInit) {
    this.#init = init;
  }

  /** Opens the state, connects, and makes the rest; joins no group yet. */
  async open(): Promise<Parts> {
    const { options, topics, host, mailbox, signal } = this.#init;
    const directory = await options.state.open({
      applicationId: options.applicationId,
      memoryBytes: options.stateMemoryBytes,
      now: () => options.clock.now(),
    });
    this.#onClose('state directory', () => directory.close());
    const client = options.client.create({ clientId: options.clientId, clock: options.clock, log: options.log });
    this.#client = client;
    this.#onClose('client', () => client.close());
    const retry = { clock: options.clock, log: options.log, timeoutMs: options.taskTimeoutMs, signal };
    const features = await retrying('connect', retry, () => client.connect({ signal }));
    const output = new OutputHolder(client, options, topics);
    this.#onClose('producer', () => output.close(this.#sendTimeoutMs));
    const coordinator = new ClassicCoordinator({ client, topics, options, host, processId: directory.processId });
    this.#onClose('group member', () => coordinator.close({ leave: options.leaveOnClose }));
    const restorer = new Restorer({
      client,
      options,
      preparationsOf: (topic) => preparationsOf(topic, topics),
      onOutcome: () => mailbox.wake(),
    });
    this.#onClose('restorer', () => restorer.close());
    const globalStores = await this.#openGlobalStores(client, directory);
    return this.#assemble(client, features, directory, output, coordinator, restorer, globalStores);
  }

  /** Closes everything. A part that fails to close is logged and keeps no other from closing. */
  async close(options: { readonly sendTimeoutMs: number }): Promise<void> {
    this.#sendTimeoutMs = options.sendTimeoutMs;
    for (let part = this.#closers.pop(); part !== undefined; part = this.#closers.pop()) {
      try {
        await part.close();
      } catch (error) {
        this.#init.options.log.warn(`closing the ${part.name} failed`, { error });
      }
    }
  }

  /** Lets nothing wait any longer: whatever is under way at the brokers fails. */
  async force(): Promise<void> {
    try {
      await this.#client?.close();
    } catch (error) {
      this.#init.options.log.warn('the client failed to close', { error });
    }
  }

  async #openGlobalStores(client: StreamsClient, directory: StateDirectory): Promise<GlobalStores | undefined> {
    const { host, options, signal, topics } = this.#init;
    const plans = topics.plan.globalStores;
    if (plans.length === 0) return undefined;
    const stores = await GlobalStores.open({ plans, client, directory, options, signal, onFatal: (error) => host.fail(error) });
    this.#onClose('global stores', () => stores.close());
    return stores;
  }

  #assemble(
    client: StreamsClient,
    features: ClientFeatures,
    directory: StateDirectory,
    output: OutputHolder,
    coordinator: TaskCoordinator,
    restorer: Restorer,
    globalStores: GlobalStores | undefined,
  ): Parts {
    const { options, topics, createTask, mailbox, onReplay, onStored, signal } = this.#init;
    // As Kafka Streams under at-least-once: what others write in transactions is read at once.
    const reader = new ReaderHolder(() =>
      client.reader({ isolation: 'uncommitted', role: 'main', maxBufferedBytes: options.bufferedBytes }),
    );
    this.#onClose('reader', () => reader.close());
    const admin = client.admin();
    const purger = new Purger(admin, topics, options, features.deleteRecords);
    const registry = new TaskRegistry({
      options,
      topics,
      admin,
      directory,
      coordinator,
      output,
      reader,
      restorer,
      createTask,
      globalStores,
      signal,
    });
    const onCommitted = (offsets: ReadonlyMap<TopicPartition, CommittedOffset>): void => {
      purger.noteCommitted(offsets);
      this.#init.onCommitted();
    };
    const committer = new AtLeastOnceCommitter({ options, topics, admin, coordinator, output, onCommitted, onStored });
    const loop = new RunLoop({ options, topics, mailbox, registry, reader, admin, output, coordinator, committer, purger, onReplay });
    this.#onClose('input preparation', () => loop.close());
    return { output, reader, restorer, globalStores, registry, coordinator, loop, cleaner: new StateCleaner(directory, options), purger };
  }

  #onClose(name: string, close: () => Promise<void> | void): void {
    this.#closers.push({ name, close });
  }
}
