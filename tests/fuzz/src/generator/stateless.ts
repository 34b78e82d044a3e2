/** Steps on streams that keep nothing. Each adds operators and returns whether it found something to start from. */
import { selectorOf } from '#cases/functions/selectors';
import type { Json, JsonObject } from '#cases/json';
import type { ValueType } from '#cases/value-type';
import { type Draft, type DraftNode, isWindowed, sometimes } from './draft.ts';
import { keySelector, predicate, valueSelector } from './functions.ts';

export function filterStream(draft: Draft): boolean {
  const from = draft.take('stream');
  if (from === undefined) return false;
  draft.add({ op: draft.random.pick(['filter', 'filterNot']), in: from.id, pred: predicate(draft), ...draft.name() }, like(from));
  return true;
}

export function mapStreamValues(draft: Draft): boolean {
  const from = draft.take('stream');
  if (from === undefined) return false;
  const fn = valueSelector(draft);
  const withKey = sometimes(draft.random, 0.2, () => ({ withKey: true }));
  const value = selectorOf(fn).type(from.key, from.value);
  draft.add({ op: 'mapValues', in: from.id, fn, ...withKey, ...draft.name() }, { ...like(from), value });
  return true;
}

/** Changes keys, and with them what a later grouping or join has to repartition. */
export function rekeyStream(draft: Draft): boolean {
  const from = draft.take('stream');
  if (from === undefined) return false;
  const { random } = draft;
  const by = keySelector(draft, from.key);
  const key = selectorOf(by).type(from.key, from.value);
  if (random.chance(0.5)) {
    draft.add({ op: 'selectKey', in: from.id, by, ...draft.name() }, { ...like(from), key });
    return true;
  }
  if (draft.has('errors') && random.chance(0.01)) {
    draft.add({ op: 'map', in: from.id, nullPair: true, ...draft.name() }, like(from));
    return true;
  }
  const value = valueSelector(draft);
  draft.add(
    { op: 'map', in: from.id, key: by, value, ...draft.name() },
    { kind: 'stream', key, value: selectorOf(value).type(from.key, from.value) },
  );
  return true;
}

export function flatMapStream(draft: Draft): boolean {
  const from = draft.take('stream');
  if (from === undefined) return false;
  const { random } = draft;
  const each = random.weighted<Json>([
    [3, ['split', '1']],
    [3, ['split', 'a']],
    [3, 'chars'],
    [3, ['repeat', 2]],
    [1, 'empty'],
    [draft.has('errors') ? 0.2 : 0, 'nullList'],
  ]);
  if (random.chance(0.6) || isWindowed(from.key)) {
    const withKey = sometimes(random, 0.2, () => ({ withKey: true }));
    draft.add({ op: 'flatMapValues', in: from.id, each, ...withKey, ...draft.name() }, { ...like(from), value: 'utf8' });
    return true;
  }
  const key = random.pick<Json>([['key', 'text'], ['value'], ['both', '']]);
  const value = random.pick<Json>([['value'], ['both', '/']]);
  const keyType = selectorOf(key).type(from.key, 'utf8');
  const valueType = selectorOf(value).type(from.key, 'utf8');
  draft.add({ op: 'flatMap', in: from.id, each, key, value, ...draft.name() }, { kind: 'stream', key: keyType, value: valueType });
  return true;
}

export function peekStream(draft: Draft): boolean {
  const from = draft.take('stream');
  if (from === undefined) return false;
  if (draft.random.chance(0.75)) draft.add({ op: 'peek', in: from.id, ...draft.name() }, like(from));
  else draft.end({ id: draft.newId(), op: 'foreach', in: from.id, ...draft.name() });
  return true;
}

export function mergeStreams(draft: Draft): boolean {
  const from = draft.take('stream');
  if (from === undefined) return false;
  const itself = draft.random.chance(0.05);
  const other = draft.take('stream', ({ id, key, value }) => (id !== from.id || itself) && key === from.key && value === from.value);
  if (other === undefined) return false;
  draft.add({ op: 'merge', in: from.id, with: other.id, ...draft.name() }, like(from));
  return true;
}

export function splitStream(draft: Draft): boolean {
  const from = draft.take('stream');
  if (from === undefined || !draft.has('split')) return false;
  const { random } = draft;
  const branch = (): JsonObject => {
    const id = draft.newId('b');
    if (random.chance(0.1)) return { id, consumeTo: draft.newId('out') };
    const chain = random.chance(0.15) ? valueSelector(draft) : undefined;
    const value = chain === undefined ? from.value : selectorOf(chain).type(from.key, from.value);
    draft.nodes.push({ id, kind: 'stream', key: from.key, value, growth: from.growth });
    return { id, ...(chain === undefined ? {} : { chain }), ...sometimes(random, 0.2, () => ({ as: draft.newId('-br') })) };
  };
  const name = draft.name();
  const branches = Array.from({ length: random.int(1, 3) }, () => ({ pred: predicate(draft), ...branch() }));
  const otherwise = random.chance(0.6) ? { default: branch() } : {};
  draft.end({ id: draft.newId(), op: 'split', in: from.id, ...name, branches, ...otherwise });
  return true;
}

export function repartitionStream(draft: Draft): boolean {
  const from = draft.take('stream', ({ key }) => !isWindowed(key));
  if (from === undefined) return false;
  const partitions = sometimes(draft.random, 0.2, () => ({ partitions: draft.random.int(1, 3) }));
  draft.add({ op: 'repartition', in: from.id, ...partitions, ...draft.name() }, like(from));
  return true;
}

/** Writes a topic and reads it again, as `through` did; others may write to it too. */
export function topicBetween(draft: Draft): boolean {
  const from = draft.take('stream', ({ key, value }) => !isWindowed(key) && !isWindowed(value));
  if (from === undefined || !draft.has('topics-between')) return false;
  const topic = draft.newId('mid');
  draft.end({ op: 'to', in: from.id, topic });
  // Windowed types were left out above.
  const types = { key: from.key as string, value: from.value as string };
  if (draft.random.chance(0.3)) draft.topics.push({ topic, key: from.key, value: from.value, timed: false });
  if (draft.random.chance(0.6)) draft.add({ op: 'stream', topic, ...types }, { ...like(from), growth: from.growth });
  else draft.add({ op: 'table', topic, ...types }, { ...like(from), kind: 'table', growth: from.growth });
  return true;
}

function like({ key, value }: DraftNode): { readonly kind: 'stream'; readonly key: ValueType; readonly value: ValueType } {
  return { kind: 'stream', key, value };
}
