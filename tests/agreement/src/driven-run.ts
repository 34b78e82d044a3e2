/** Runs a trial in the truthful test driver, with or without crashes. */
import { serdes, type Topology } from '@millrace/core';
import type { StateBackend } from '@millrace/state';
import { type AsyncTopologyTestDriver, type CrashOptions, TopologyTestDriver } from '@millrace/testing';
import { buildTopology } from '#cases/interpreter/build-topology';
import { type Json, type JsonObject, numberOf, textOf } from '#cases/json';
import { driverOptions, inputRecord, subscriptionStore } from '#cases/run-case';
import { type CaseStore, listStore } from '#cases/store-reading';
import { byPlace, type History, type LooseChangelogs } from './history.ts';
import type { Trial } from './trial.ts';

/** When the tasks die. */
export interface CrashPlan {
  /** `commit`: right behind the commit. `record`: behind the record that follows it, which is lost with all that it did. */
  readonly when: 'commit' | 'record';
  /** By the input behind which the commit is. */
  readonly after: (input: number) => boolean;
  readonly how: CrashOptions;
}

/** What happened; `stoppedAt` is the input that a handler or a function failed at. */
export type DrivenRun =
  | { readonly kind: 'done'; readonly history: History; readonly ends: readonly TopicSizes[] }
  | { readonly kind: 'stopped'; readonly stoppedAt: number; readonly error: unknown };

/** How many records each topic has been given by the topology. */
export type TopicSizes = ReadonlyMap<string, number>;

type Driver = TopologyTestDriver | AsyncTopologyTestDriver;

/** More sub-topologies than a record of a made-up case goes through. */
const longestChain = 12;

/** More than any topic of a made-up case has. */
const mostPartitions = 8;

/** `state` undefined: the synchronous driver in memory. @throws whatever a topology that cannot be built or opened throws */
export async function runDriven(
  trial: Trial,
  state: StateBackend | undefined,
  crashes?: CrashPlan,
  taskOrder: 'ascending' | 'descending' = 'ascending',
): Promise<DrivenRun> {
  const { applicationId, testCase, partitions } = trial;
  const { topology } = buildTopology(testCase);
  const options = { ...driverOptions(testCase), applicationId, partitions, taskOrder };
  const driver: Driver =
    state === undefined ? new TopologyTestDriver(topology, options) : await TopologyTestDriver.open(topology, { ...options, state });
  try {
    const ends: TopicSizes[] = [];
    const stopped = await drive(trial, driver, crashes, ends);
    // A record cache shows rows that have expired as long as it holds them, and a restart empties it: what the stores show beyond it is the same.
    if (testCase.config['cacheBytes'] !== undefined) await driver.rebalance({ move: true });
    return (
      stopped ?? {
        kind: 'done',
        ends,
        history: {
          topics: topicsOf(applicationId, driver, looseChangelogs(applicationId, topology.plan)),
          stores: storesOf(driver),
          hasStores: driver.storeNames.length > 0,
        },
      }
    );
  } finally {
    await driver.close();
  }
}

async function drive(
  { commits, testCase }: Trial,
  driver: Driver,
  crashes: CrashPlan | undefined,
  ends: TopicSizes[],
): Promise<DrivenRun | undefined> {
  let dying = false;
  for (const [index, input] of testCase.inputs.entries()) {
    try {
      await take(driver, input);
      if (dying) await driver.crash(crashes?.how);
      dying = false;
      if (commits.has(index)) await commit(driver, testCase.config);
      ends.push(sizesOf(driver));
      if (!commits.has(index)) continue;
      if (crashes?.after(index) !== true) continue;
      if (crashes.when === 'commit') await driver.crash(crashes.how);
      else dying = true;
    } catch (error) {
      return { kind: 'stopped', stoppedAt: index, error };
    }
  }
  try {
    await commit(driver, testCase.config);
  } catch (error) {
    return { kind: 'stopped', stoppedAt: testCase.inputs.length, error };
  }
  return undefined;
}

async function take(driver: Driver, input: JsonObject): Promise<void> {
  if (input['advanceWallMs'] !== undefined) await driver.advanceWallClockTime(numberOf(input['advanceWallMs'], 'advanceWallMs'));
  else await driver.createInputTopic(textOf(input['t'], 't'), { key: serdes.bytes(), value: serdes.bytes() }).pipeInput(inputRecord(input));
}

/**
 * Commits until nothing is left to commit: what a flushed cache brings runs through later sub-topologies, and may be kept in their caches until the next commit. A crash in the middle
 * of that lets the restarted tasks see together what came one by one, and record choice by timestamp then takes another order.
 */
async function commit(driver: Driver, { cacheBytes }: JsonObject): Promise<void> {
  await driver.commit();
  for (let more = cacheBytes === undefined ? 0 : longestChain; more > 0; more--) await driver.commit();
}

/** Suppress buffers log what changed in the order of a hash table, which has the size that it ever needed; join buffers number rows from the largest number that they hold. */
export function looseChangelogs(applicationId: string, plan: Topology['plan']): LooseChangelogs {
  const stores = plan.subtopologies.flatMap((subtopology) => subtopology.stores);
  const changelogsOf = (kind: (typeof stores)[number]['spec']['kind']): ReadonlySet<string> =>
    new Set(stores.flatMap(({ spec }) => (spec.kind === kind ? [`${applicationId}-${spec.name}-changelog`] : [])));
  return { unordered: changelogsOf('suppressBuffer'), numbered: changelogsOf('joinBuffer') };
}

function sizesOf(driver: Driver): TopicSizes {
  const bytes = { key: serdes.bytes(), value: serdes.bytes() };
  return new Map(driver.producedTopicNames().map((name) => [name, driver.createOutputTopic(name, bytes).queueSize]));
}

function topicsOf(applicationId: string, driver: Driver, loose: LooseChangelogs): ReadonlyMap<string, readonly string[]> {
  const bytes = { key: serdes.bytes(), value: serdes.bytes() };
  const names = driver.producedTopicNames();
  return byPlace(
    applicationId,
    names.flatMap((name) =>
      driver
        .createOutputTopic(name, bytes)
        .readRecordsToList()
        .map((record) => ({ name, ...record })),
    ),
    loose,
  );
}

function storesOf(driver: Driver): JsonObject {
  const stores: Record<string, Json> = {};
  for (const name of driver.storeNames.filter((store) => !subscriptionStore.test(store))) {
    for (let partition = 0; partition < mostPartitions; partition++) {
      // Stores of cases hold data: the face of a store is all that is used of it.
      const store = driver.getStateStore(name, { partition }) as CaseStore | undefined;
      const entries = store === undefined ? undefined : listStore(store);
      if (entries !== undefined) stores[`${name}-${partition}`] = entries;
    }
  }
  return stores;
}
