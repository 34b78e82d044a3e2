/** Takes out of a finished case what a switched-off feature stands for, where that is a combination of things and no single step. */
import { isArray, isObject, type Json, type JsonObject } from '#cases/json';
import type { FeatureSet } from '../features.ts';

interface Parts {
  readonly config: JsonObject;
  readonly topology: readonly JsonObject[];
  readonly inputs: readonly JsonObject[];
}

export function restricted(parts: Parts, features: FeatureSet): Parts {
  let { config, topology, inputs } = parts;
  if (!features.has('join-headers') && topology.some((operator) => operator['op'] === 'ssJoin' && isInMemory(operator, config))) {
    inputs = inputs.map((input) => without(input, 'h'));
    topology = topology.map(withoutAddedHeaders);
  }
  if (!features.has('lru-caches')) topology = topology.map(uncachedLru);
  if (!features.has('small-caches-in-memory') && smallCache(config) && topology.some((operator) => isInMemory(operator, config)))
    config = without(config, 'cacheBytes');
  return { config, topology, inputs };
}

function smallCache({ cacheBytes }: JsonObject): boolean {
  return typeof cacheBytes === 'number' && cacheBytes < 10_000;
}

/** Whether the stores that an operator may have are of the in-memory kind. */
function isInMemory({ mat, store }: JsonObject, config: JsonObject): boolean {
  const chosen = isObject(mat) ? (mat['supplier'] ?? mat['store']) : store;
  return (chosen ?? config['store']) === 'inMemory';
}

function uncachedLru(operator: JsonObject): JsonObject {
  if (operator['kind'] === 'lru') return without(operator, 'caching');
  const { mat } = operator;
  return isObject(mat) && mat['supplier'] === 'lru' ? { ...operator, mat: { ...mat, caching: false } } : operator;
}

function withoutAddedHeaders(operator: JsonObject): JsonObject {
  const { processor } = operator;
  return isObject(processor) && isArray(processor['add']) ? { ...operator, processor: { ...processor, add: [] satisfies Json } } : operator;
}

function without(fields: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => field !== name));
}
