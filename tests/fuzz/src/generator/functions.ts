/** Functions of the case format, made up for the types at hand. */
import type { Json } from '#cases/json';
import type { ValueType } from '#cases/value-type';
import { type Draft, isWindowed } from './draft.ts';

export function predicate(draft: Draft): Json {
  const { random } = draft;
  const test = (): Json =>
    random.pick<Json>([
      'notNull',
      'isNull',
      ['eq', 'a1'],
      ['startsWith', random.pick(['a', 'b'])],
      ['contains', random.pick(['1', '2', 'z'])],
      ['crc32', 3, random.int(0, 2)],
      ['crc32', 2, random.int(0, 1)],
      ['lt', 4],
      ['gt', 3],
      ['not', ['crc32', 4, 0]],
    ]);
  return random.weighted<Json>([
    [10, ['value', test()]],
    [4, ['key', test()]],
    [3, ['key', ['eq', 'a']]],
    [2, ['not', ['value', test()]]],
    [1, 'always'],
    [1, 'never'],
  ]);
}

/** A function of the value: the new value. */
export function valueSelector(draft: Draft): Json {
  const { random } = draft;
  const failing: readonly (readonly [number, Json])[] = draft.has('errors') ? [[0.3, ['value', ['throwIf', ['crc32', 23, 0]]]]] : [];
  const typed: readonly (readonly [number, Json])[] = draft.has('types')
    ? [
        [1.2, ['value', 'len']],
        [1.2, ['value', 'parseI64']],
        [0.6, ['value', ['addI64', 7]]],
        [0.6, ['value', 'bytes']],
      ]
    : [];
  return random.weighted<Json>([
    [2, ['value', 'identity']],
    [2, ['value', 'upperAscii']],
    [2, ['value', ['append', '!']]],
    [1.5, ['value', ['prepend', '.']]],
    [1, ['value', ['drop', 1]]],
    [1.5, ['value', ['prefix', 2]]],
    [1, ['value', 'firstChar']],
    [1, ['value', ['crcMod', 5]]],
    [1, ['value', 'nullToText']],
    [1, ['value', ['nullIf', ['startsWith', 'z']]]],
    [0.5, ['value', ['nullIf', ['contains', '3']], 'text']],
    [0.4, ['both', '/']],
    [0.3, ['const', 'c9']],
    [0.15, ['value', 'toNull']],
    [0.15, 'null'],
    ...typed,
    ...failing,
  ]);
}

/** A function of key and value that makes a key out of few. */
export function keySelector(draft: Draft, key: ValueType): Json {
  const { random } = draft;
  const nulls: readonly (readonly [number, Json])[] = draft.has('nulls')
    ? [
        [1.5, ['value', ['nullIf', ['startsWith', 'z']], 'firstChar']],
        [0.15, 'null'],
      ]
    : [];
  const typed: readonly (readonly [number, Json])[] = draft.has('types')
    ? [
        [0.5, ['value', 'len']],
        [0.3, ['key', 'bytes']],
      ]
    : [];
  if (isWindowed(key))
    return random.pick<Json>([
      ['key', 'innerKey'],
      ['key', 'text'],
      ['key', 'windowStart'],
      ['value', 'firstChar'],
    ]);
  return random.weighted<Json>([
    [4, ['value', 'firstChar']],
    [2, ['value', ['crcMod', 3]]],
    [2, ['key', 'identity']],
    [1, ['key', 'upperAscii']],
    [1, ['key', ['append', '.']]],
    [1.5, ['key', ['crcMod', 2]]],
    [1, ['both', '']],
    [1, ['const', 'a']],
    ...nulls,
    ...typed,
  ]);
}

export function joiner(draft: Draft): Json {
  return draft.random.weighted<Json>([
    [8, 'concat'],
    [2, 'left'],
    [2, 'right'],
    [1, 'concatKey'],
    [0.7, ['concat', '~']],
    [draft.has('types') ? 0.7 : 0, 'sumI64'],
    [draft.has('nulls') ? 2 : 0, ['nullIf', ['crc32', 5, 0], 'concat']],
    [draft.has('nulls') ? 0.2 : 0, 'toNull'],
    [draft.has('errors') ? 0.15 : 0, ['throwIf', ['crc32', 31, 0], 'concat']],
  ]);
}

/** An aggregator of records. */
export function aggregator(draft: Draft): Json {
  const { random } = draft;
  const plain = random.weighted<Json>([
    [3, ['append', ',']],
    [2, ['append']],
    [3, 'bagAdd'],
    [2, 'sumI64'],
    [2, 'countI64'],
    [1.5, 'maxI64'],
    [1, 'minI64'],
    [2, 'last'],
    [1, 'first'],
    [0.3, 'bagRemove'],
    [0.3, 'subI64'],
    [0.3, 'uncountI64'],
  ]);
  if (draft.has('nulls') && random.chance(0.12)) return ['nullIf', ['crc32', 4, 0], plain];
  if (draft.has('nulls') && random.chance(0.01)) return 'toNull';
  if (draft.has('errors') && random.chance(0.01)) return ['throwIf', ['crc32', 31, 0], plain];
  return plain;
}

export function reducer(draft: Draft): Json {
  const { random } = draft;
  return random.weighted<Json>([
    [3, ['concat', '-']],
    [2, ['concat']],
    [2, 'last'],
    [1.5, 'first'],
    [1, 'bagAdd'],
    [draft.has('nulls') ? 1.5 : 0, ['nullIf', ['crc32', 5, 0], ['concat']]],
    [draft.has('nulls') ? 0.1 : 0, 'toNull'],
    [draft.has('errors') ? 0.1 : 0, ['throwIf', ['crc32', 31, 0], ['concat']]],
  ]);
}

/** A reducer of numbers, or of bytes. */
export function untextualReducer({ random }: Draft, type: ValueType): Json {
  return type === 'i64'
    ? random.pick<Json>(['first', 'last', 'sumI64', 'subI64', 'minI64', 'maxI64'])
    : random.pick<Json>(['first', 'last']);
}

/** A start value that fits a type; null is one too. */
export function initial(draft: Draft, type: ValueType): Json {
  const { random } = draft;
  if (draft.has('nulls') && random.chance(0.2)) return null;
  if (type === 'i64') return { i64: random.pick(['0', '0', '5', '-3']) };
  if (type === 'bytes') return { b64: 'AQI=' };
  return random.pick(['', '', '^']);
}

/** Merges two aggregates of sessions without changing their type. */
export function merger(draft: Draft, type: ValueType): Json {
  if (type === 'i64') return draft.random.pick<Json>(['sumI64', 'sumI64', 'maxI64', 'first', 'last']);
  if (type === 'bytes') return draft.random.pick<Json>(['first', 'last']);
  return draft.random.pick<Json>([['concat', '|'], ['concat'], 'bagAdd', 'first', 'last', ['nullIf', ['crc32', 5, 0], ['concat', '|']]]);
}
