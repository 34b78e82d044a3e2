/** Runs one case and says what came out, in the form of its expectation. */
import { type Header, serdes, StreamsError } from '@millrace/core';
import type { ErrorHandlers } from '@millrace/core/engine';
import type { StateBackend } from '@millrace/state';
import {
  type AsyncTestInputTopic,
  type AsyncTopologyTestDriver,
  type InputRecord,
  type TestInputTopic,
  TopologyTestDriver,
  type TopologyTestDriverOptions,
} from '@millrace/testing';
import type { Case, Expectation } from './case.ts';
import { datumFromJson, datumToBytes } from './datum.ts';
import { type ActualError, errorOf, type Phase } from './error-class.ts';
import { type Built, buildTopology } from './interpreter/build-topology.ts';
import { arrayOf, CaseFormatError, type Json, type JsonObject, numberOf, textOf } from './json.ts';
import { applicationId, takeOutputs } from './outputs.ts';
import { type CaseStore, listStore, readStore } from './store-reading.ts';

/** What a case did. */
export interface Outcome extends Expectation {
  readonly error: ActualError | undefined;
}

type Driver = TopologyTestDriver | AsyncTopologyTestDriver;
type Input = TestInputTopic<Uint8Array, Uint8Array> | AsyncTestInputTopic<Uint8Array, Uint8Array>;

const nothing: Outcome = { steps: undefined, stores: undefined, dropped: undefined, describe: undefined, error: undefined };

/**
 * `state`: the engine to run on; undefined runs the synchronous driver in memory.
 *
 * @throws CaseFormatError: the case could not be run at all
 */
export async function runCase(testCase: Case, state: StateBackend | undefined): Promise<Outcome> {
  let built: Built;
  try {
    built = buildTopology(testCase);
  } catch (error) {
    return refused(testCase, error);
  }
  const describe = built.topology.describe();
  let driver: Driver;
  try {
    const options = driverOptions(testCase);
    driver =
      state === undefined
        ? new TopologyTestDriver(built.topology, options)
        : await TopologyTestDriver.open(built.topology, { ...options, state });
  } catch (error) {
    return { ...nothing, describe, error: caught(error, 'start') };
  }
  try {
    return { ...(await drive(testCase, built, driver)), describe };
  } finally {
    await driver.close();
  }
}

/**
 * Java refuses a missing serde only at the start, so such a case has a description. Serdes do not show in it: it is that of the topology with defaults for what is missing. What
 * is wrong besides the serde is what Java meets first.
 */
function refused(testCase: Case, error: unknown): Outcome {
  if (!(error instanceof StreamsError) || error.code !== 'MR_SERDE_MISSING') return { ...nothing, error: caught(error, 'build') };
  try {
    const { topology } = buildTopology({ ...testCase, config: { keySerde: 'bytes', valueSerde: 'bytes', ...testCase.config } });
    return { ...nothing, describe: topology.describe(), error: caught(error, 'build') };
  } catch (other) {
    return { ...nothing, error: caught(other, 'build') };
  }
}

async function drive({ config, inputs }: Case, built: Built, driver: Driver): Promise<Outcome> {
  const steps: Json[] = [];
  const topics = new Map<string, Input>();
  for (const [index, input] of inputs.entries()) {
    built.calls.length = 0;
    try {
      if (input['read'] !== undefined) {
        steps.push([{ r: readStep(driver, input) }]);
        continue;
      }
      if (input['advanceWallMs'] === undefined) await pipe(driver, topics, input);
      else await driver.advanceWallClockTime(numberOf(input['advanceWallMs'], 'advanceWallMs'));
      steps.push(takeOutputs(driver, built.calls, built.outputTypes, config['captureInternal'] === true));
    } catch (error) {
      return { ...nothing, steps, error: caught(error, 'run', index) };
    }
  }
  return { ...nothing, steps, stores: storesOf(driver), dropped: droppedOf(driver) };
}

/** What the driver of a case is told: handlers, the wall clock, the topics that exist. */
export function driverOptions({ config, inputs }: Case): TopologyTestDriverOptions {
  const handlers: Partial<ErrorHandlers> = {
    ...(config['onDeserializationError'] === 'continue' ? { deserialization: () => 'continue' as const } : {}),
    ...(config['onProcessingError'] === 'continue' ? { processing: () => 'continue' as const } : {}),
    ...(config['deadLetterTopic'] === undefined ? {} : { deadLetterTopic: textOf(config['deadLetterTopic'], 'deadLetterTopic') }),
  };
  return {
    applicationId,
    handlers,
    startMs: config['wallStartMs'] === undefined ? 0 : numberOf(config['wallStartMs'], 'wallStartMs'),
    maxTaskIdleMs: config['maxTaskIdleMs'] === undefined ? 0 : numberOf(config['maxTaskIdleMs'], 'maxTaskIdleMs'),
    // Sources by pattern find the topics that the case pipes to.
    topics: [...new Set(inputs.flatMap(({ t }) => (typeof t === 'string' ? [t] : [])))],
  };
}

async function pipe(driver: Driver, topics: Map<string, Input>, input: JsonObject): Promise<void> {
  const name = textOf(input['t'], 't');
  let topic = topics.get(name);
  if (topic === undefined) topics.set(name, (topic = driver.createInputTopic(name, { key: serdes.bytes(), value: serdes.bytes() })));
  await topic.pipeInput(inputRecord(input));
}

/** The record of an input step, in bytes. @throws CaseFormatError */
export function inputRecord(
  input: JsonObject,
): InputRecord<Uint8Array, Uint8Array> & { readonly timestamp: number; readonly headers: readonly Header[] } {
  const headers = arrayOf(input['h'] ?? [], 'h').map((pair) => {
    const [key, value] = arrayOf(pair, 'a header');
    return {
      key: textOf(key, 'the name of a header'),
      value: value === null ? null : new Uint8Array(Buffer.from(textOf(value, 'a header'), 'base64')),
    };
  });
  return {
    key: datumToBytes(datumFromJson(input['k'])),
    value: datumToBytes(datumFromJson(input['v'])),
    timestamp: numberOf(input['ts'], 'ts'),
    headers,
  };
}

function readStep(driver: Driver, input: JsonObject): Json {
  const store = driver.getStateStore(textOf(input['read'], 'read'));
  // Stores of cases hold data: the face of a store is all that is used of it.
  return store === undefined ? 'no such store' : readStore(store as CaseStore, input);
}

function storesOf(driver: Driver): JsonObject {
  // As in readStep.
  const names = driver.storeNames.filter((name) => !subscriptionStore.test(name));
  const listed = names.map((name) => [name, listStore(driver.getStateStore(name) as CaseStore)] as const);
  return Object.fromEntries(listed.flatMap(([name, entries]) => (entries === undefined ? [] : [[name, entries] as const])));
}

/** Stores of foreign-key joins hold no data, so the format leaves them out. */
export const subscriptionStore: RegExp = /^KTABLE-FK-JOIN-SUBSCRIPTION-STATE-STORE-[0-9]{10}$|-subscription-store$/;

function droppedOf(driver: Driver): number {
  return driver.metrics().reduce((sum, { name, value }) => (name === 'dropped-records-total' ? sum + value : sum), 0);
}

/** What is wrong with the case is no outcome of it. */
function caught(error: unknown, phase: Phase, step?: number): ActualError {
  if (error instanceof CaseFormatError) throw error;
  return errorOf(error, phase, step);
}
