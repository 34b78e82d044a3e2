import type { StateEngine } from '@millrace/state';
import { beforeEach, describe, expect, it } from 'vitest';
import { encodeNumbers, metaKey, metaKinds } from '../../src/engine/state-layout.ts';
import { compareInputs, inputsToCompare } from '../../src/runtime/recreated-inputs.ts';
import { noteOfTopicId, noteTopicIds } from '../../src/runtime/state-identity.ts';
import type { StorePlan } from '../../src/topology/plan.ts';
import { fakeState, TestClock, testOptions } from './support/fakes.ts';

let engine: StateEngine;
let warned: unknown[];
beforeEach(() => {
  ({ engine } = fakeState('0_0', { existed: true }));
  warned = [];
});

const positionKey = (topic: string): Uint8Array => metaKey(metaKinds.unloggedInput, topic);

async function compare(stateMismatch: 'rebuild' | 'stop', ids: Readonly<Record<string, string | undefined>>): Promise<void> {
  const log = { debug: () => {}, info: () => {}, error: () => {}, warn: (_: string, fields?: unknown) => warned.push(fields) };
  const described = new Map(Object.entries(ids).map(([name, id]) => [name, { name, id, partitions: 1 }]));
  await compareInputs('0_0', engine, described, { ...testOptions(new TestClock(), { stateMismatch }), log });
}

async function stand(topic: string, offset: number): Promise<void> {
  const batch = engine.batch();
  batch.put(positionKey(topic), encodeNumbers(offset, 0));
  await batch.commit();
}

describe('an input of stores without a changelog', () => {
  it.each([
    { what: 'the same', noted: 'a', id: 'a', note: 'a' },
    { what: 'never noted', noted: undefined, id: 'a', note: 'a' },
    { what: 'of a broker without ids', noted: 'a', id: undefined, note: 'a' },
  ])('keeps its position: $what', async ({ id, note, noted }) => {
    if (noted !== undefined) await noteTopicIds(engine, new Map([['in', noted]]));
    await stand('in', 5);
    await compare('stop', { in: id });
    expect(engine.get(positionKey('in'))).toBeDefined();
    expect(noteOfTopicId(engine, 'in')).toBe(note);
  });

  it('that was made again stops the task, now and the next time, unless rebuilding was chosen', async () => {
    await noteTopicIds(
      engine,
      new Map([
        ['in', 'a'],
        ['other', 'b'],
      ]),
    );
    await stand('in', 5);
    await stand('other', 6);
    const stopped = { code: 'MR_TOPIC_RECREATED', details: { taskId: '0_0', topic: 'in', offset: 5 } };
    await expect(compare('stop', { other: 'b', in: 'new' })).rejects.toMatchObject(stopped);
    await expect(compare('stop', { other: 'b', in: 'new' })).rejects.toMatchObject(stopped);
    await compare('rebuild', { other: 'b', in: 'new' });
    expect(warned).toEqual([{ taskId: '0_0', topic: 'in', offset: 5 }]);
    expect(engine.get(positionKey('in'))).toBeUndefined();
    expect(engine.get(positionKey('other'))).toBeDefined();
    await compare('stop', { other: 'b', in: 'new' });
  });

  it('that was made again before anything of it was written is noted', async () => {
    await noteTopicIds(engine, new Map([['in', 'a']]));
    await compare('stop', { in: 'new' });
    expect(noteOfTopicId(engine, 'in')).toBe('new');
  });
});

it('compares the inputs of tasks that have stores without a changelog, and leaves changelogs to the restore', () => {
  // Nothing else of a plan is looked at.
  const store = (topic: string | undefined): StorePlan =>
    ({ changelog: topic === undefined ? undefined : { name: topic, internal: false } }) as StorePlan;
  expect(inputsToCompare('app', [], ['in'])).toEqual([]);
  expect(inputsToCompare('app', [store('in')], ['in', 'other'])).toEqual([]);
  expect(inputsToCompare('app', [store('in'), store(undefined)], ['in', 'other'])).toEqual(['other']);
});
