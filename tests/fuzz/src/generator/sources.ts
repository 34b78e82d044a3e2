/** Sources of a made-up topology: streams of one topic, of several, of a pattern; tables; global tables. */
import type { Json, JsonObject } from '#cases/json';
import type { PlainType } from '#cases/value-type';
import { type Draft, type DraftNode, sometimes, type SourceTopic } from './draft.ts';
import { materialized } from './materialized.ts';

export function addStream(draft: Draft): DraftNode {
  const { random } = draft;
  const fields = consumed(draft);
  // A table's topic cannot be read as a stream too.
  const read = draft.has('misfits') && random.chance(0.1) ? 't' : 's';
  const again = random.chance(0.05) ? draft.topics.find(({ topic }) => topic.startsWith(read)) : undefined;
  // A topic that is read twice must be read in the same way.
  if (again !== undefined)
    return draft.add(
      { op: 'stream', topic: again.topic, key: again.key as PlainType, value: again.value as PlainType },
      { kind: 'stream', key: again.key, value: again.value },
    );
  if (draft.has('patterns') && random.chance(0.04)) {
    const prefix = draft.newId('p');
    for (const suffix of ['a', 'b']) draft.topics.push(topicOf(`${prefix}-${suffix}`, fields));
    return streamNode(draft, { op: 'stream', pattern: `${prefix}-[a-z]`, ...fields.json }, fields);
  }
  if (draft.has('patterns') && random.chance(0.05)) {
    const topics = [draft.newId('s'), draft.newId('s')];
    for (const topic of topics) draft.topics.push(topicOf(topic, fields));
    return streamNode(draft, { op: 'stream', topics, ...fields.json }, fields);
  }
  const topic = draft.newId('s');
  draft.topics.push(topicOf(topic, fields));
  return streamNode(draft, { op: 'stream', topic, ...fields.json }, fields);
}

function streamNode(draft: Draft, operator: JsonObject, { key, value }: Consumed): DraftNode {
  return draft.add({ ...operator, ...draft.name() }, { kind: 'stream', key, value });
}

export function addTable(draft: Draft): DraftNode {
  const fields = consumed(draft);
  const topic = draft.newId('t');
  draft.topics.push(topicOf(topic, fields));
  const { fields: mat, store, versionedMs } = materialized(draft, fields.key, { chance: 0.7, versions: true });
  return draft.add(
    { op: 'table', topic, ...fields.json, ...draft.name(), ...mat },
    { kind: 'table', key: fields.key, value: fields.value, store, versionedMs },
  );
}

/** Its store has a name if it is materialised, and nothing about a changelog: Java fails by itself on the one and on the other. */
export function addGlobalTable(draft: Draft): DraftNode {
  const fields = consumed(draft);
  const topic = draft.newId('g');
  draft.topics.push(topicOf(topic, fields));
  const { fields: mat, store } = materialized(draft, fields.key, { chance: 0.4, named: 1, logged: false });
  return draft.add(
    { op: 'globalTable', topic, ...fields.json, ...draft.name(), ...mat },
    { kind: 'globalTable', key: fields.key, value: fields.value, store },
  );
}

interface Consumed {
  readonly json: JsonObject;
  readonly key: PlainType;
  readonly value: PlainType;
  readonly timed: boolean;
}

function consumed(draft: Draft): Consumed {
  const { random } = draft;
  const type = (): PlainType =>
    draft.has('types')
      ? random.weighted<PlainType>([
          [18, 'utf8'],
          [1, 'i64'],
          [0.5, 'bytes'],
        ])
      : 'utf8';
  const [key, value] = [type(), type()];
  const extractor =
    draft.has('extractors') && random.chance(0.06)
      ? random.pick(['failOnInvalid', 'logAndSkip', 'usePartitionTime', 'fromValue', 'fromValueOrPartitionTime'])
      : undefined;
  return {
    json: {
      ...(key === 'utf8' ? {} : { key }),
      ...(value === 'utf8' ? {} : { value }),
      ...(extractor === undefined ? {} : { timestampExtractor: extractor }),
      ...sometimes(random, 0.04, () => ({ offsetReset: random.pick<Json>(['earliest', 'latest', 'none', { byDurationMs: 60_000 }]) })),
    },
    key,
    value,
    timed: extractor?.startsWith('fromValue') === true && value === 'utf8',
  };
}

function topicOf(topic: string, { key, timed, value }: Consumed): SourceTopic {
  return { topic, key, value, timed };
}
