/** What a trial asks of a cluster and of an application: topics, handlers, and where its inputs go. */
import type { Topology } from '@millrace/core';
import type { ErrorHandlers } from '@millrace/core/engine';
import { Headers, type OutputPartition, partitionForKey } from '@millrace/core/kafka';
import type { JsonObject } from '#cases/json';
import { driverOptions, inputRecord } from '#cases/run-case';
import type { Trial } from './trial.ts';

/** Those that the driver is given. */
export function handlersOf({ testCase }: Trial): Partial<ErrorHandlers> {
  const { deadLetterTopic, deserialization, processing } = driverOptions(testCase).handlers ?? {};
  return {
    ...(deserialization === undefined ? {} : { deserialization }),
    ...(processing === undefined ? {} : { processing }),
    ...(deadLetterTopic === undefined ? {} : { deadLetterTopic }),
  };
}

/** The topics that the case pipes to. */
export function inputTopicsOf({ testCase }: Trial): ReadonlySet<string> {
  return new Set(testCase.inputs.flatMap(({ t }) => (typeof t === 'string' ? [t] : [])));
}

/** Every topic that must be there before the application starts. `outputs`: those that it wrote elsewhere, since sinks may choose theirs by record. */
export function topicsOf(trial: Trial, { globalStores, subtopologies }: Topology['plan'], outputs: Iterable<string>): ReadonlySet<string> {
  const sources = subtopologies.flatMap(({ nodes }) => nodes.flatMap((node) => (node.kind === 'source' ? node.topics : [])));
  const sinks = subtopologies.flatMap(({ nodes }) =>
    nodes.flatMap((node) => (node.kind === 'sink' && typeof node.topic !== 'function' ? [node.topic] : [])),
  );
  const named = [...sources, ...sinks, ...globalStores.flatMap(({ source }) => source.topics)];
  const { deadLetterTopic } = handlersOf(trial);
  return new Set([
    ...inputTopicsOf(trial),
    ...named.flatMap(({ internal, name }) => (internal ? [] : [name])),
    ...(deadLetterTopic === undefined ? [] : [deadLetterTopic]),
    ...outputs,
  ]);
}

/** Whether a sink that chooses its topics by record chose one that no cluster has. */
export function topicsRefused(names: readonly string[]): boolean {
  return names.some((name) => !/^[a-zA-Z0-9._-]{1,249}$/.test(name));
}

/** Chooses the partitions of inputs as the driver does: records without a key take turns. */
export class InputTurns {
  readonly #partitions: number;
  readonly #next = new Map<string, number>();

  constructor(partitions: number) {
    this.#partitions = partitions;
  }

  choose(topic: string, input: JsonObject): number {
    const { key } = inputRecord(input);
    if (key !== null && key !== undefined) return partitionForKey(key, 0, key.length, this.#partitions);
    const next = this.#next.get(topic) ?? 0;
    this.#next.set(topic, (next + 1) % this.#partitions);
    return next;
  }
}

const none = new Uint8Array(0);

export function append(output: OutputPartition, input: JsonObject): void {
  const { headers, key, timestamp, value } = inputRecord(input);
  output.append(
    timestamp,
    key ?? none,
    key === null || key === undefined ? -1 : 0,
    key?.length ?? 0,
    value ?? none,
    value === null || value === undefined ? -1 : 0,
    value?.length ?? 0,
    headers.length === 0 ? null : new Headers(headers),
  );
}
