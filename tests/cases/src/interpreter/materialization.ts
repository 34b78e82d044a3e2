/** The `mat` of an operator as store options. No `mat` is no options: presence shows in generated names. */
import { type StoreOptions, StreamsError } from '@millrace/core';
import type { Present } from '../datum.ts';
import { CaseFormatError, isObject, type JsonObject, numberOf, textOf } from '../json.ts';
import type { ValueType } from '../value-type.ts';
import type { Operation } from './operation.ts';

type CaseStoreOptions = StoreOptions<Present, Present>;

/** Undefined where the operator has no `mat`. */
export function storeOf(op: Operation, key: ValueType, value: ValueType): CaseStoreOptions | undefined {
  const mat = op.field('mat');
  if (mat === undefined) return undefined;
  if (!isObject(mat)) throw new CaseFormatError(`mat should be an object: ${JSON.stringify(mat)}`);
  return {
    name: mat['name'] === undefined ? undefined : textOf(mat['name'], 'the name of a store'),
    key: op.serde(key),
    value: op.serde(value),
    caching: flag(mat, 'caching'),
    logging: flag(mat, 'logging'),
    historyRetention: mat['versionedMs'] === undefined ? undefined : numberOf(mat['versionedMs'], 'versionedMs'),
    segmentInterval: mat['segmentMs'] === undefined ? undefined : numberOf(mat['segmentMs'], 'segmentMs'),
    ...placeOf(mat),
  };
}

/** Serdes only: what some operators get without `mat`. Undefined where the operator carries no serdes. */
export function serdesOnly(op: Operation, key: ValueType, value: ValueType): CaseStoreOptions | undefined {
  return op.hasSerdes ? { key: op.serde(key), value: op.serde(value) } : undefined;
}

/** `rocksdb` or `inMemory`, as the kind of a store. */
export function persistenceNamed(name: unknown): 'persistent' | 'inMemory' | undefined {
  if (name === undefined) return undefined;
  if (name === 'rocksdb') return 'persistent';
  if (name === 'inMemory') return 'inMemory';
  throw new CaseFormatError(`unknown kind of store ${JSON.stringify(name)}`);
}

/** Where Java has a store type and a supplier, Millrace has one option for both: said twice, it contradicts itself as the builder's options may. */
function placeOf(mat: JsonObject): Pick<CaseStoreOptions, 'persistence' | 'maxEntries' | 'timestamps'> {
  const supplier = mat['supplier'];
  if (supplier !== undefined && mat['store'] !== undefined) {
    throw new StreamsError('MR_ARGUMENT_INVALID', `a store cannot be ${JSON.stringify(mat['store'])} and ${JSON.stringify(supplier)}`);
  }
  switch (supplier) {
    case undefined:
      return { persistence: persistenceNamed(mat['store']) };
    case 'lru':
      return { maxEntries: numberOf(mat['maxEntries'], 'maxEntries') };
    case 'rocksdbPlain':
      return { timestamps: false };
    default:
      return { persistence: persistenceNamed(supplier) };
  }
}

function flag(mat: JsonObject, name: string): boolean | undefined {
  const value = mat[name];
  return typeof value === 'boolean' ? value : undefined;
}
