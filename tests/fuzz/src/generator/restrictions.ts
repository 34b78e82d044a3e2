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
  // Java's driver counts the topics of a pattern as one input: buffers write its offsets down, extractors see its partition time, and a task waits for it as a whole.
  if (topology.some(({ pattern }) => pattern !== undefined)) {
    config = withoutPartitionTime(without(without(config, 'captureInternal'), 'maxTaskIdleMs'));
    topology = topology.map((operator) => (operator['pattern'] === undefined ? operator : withoutPartitionTime(operator)));
  }
  // Java compares keys of bytes by identity when it deletes what waited for a match: once for each record.
  if (topology.some(({ key }) => key === 'bytes') && topology.some(({ kind, op }) => op === 'ssJoin' && kind !== 'inner'))
    config = without(config, 'captureInternal');
  // Windows of cogrouped streams are suppressed though one of them comes from a table that keeps its history (docs/differences.md).
  if (['cogroup', 'windowedBy', 'suppress'].every((name) => topology.some(({ op }) => op === name)))
    topology = topology.map(withoutHistory);
  if (!features.has('lru-caches')) topology = topology.map(uncachedLru);
  if (!features.has('small-caches-in-memory') && smallCache(config) && topology.some((operator) => isInMemory(operator, config)))
    config = without(config, 'cacheBytes');
  if (!features.has('sliding-behind-small-caches') && topology.some(isSliding) && (smallCache(config) || mayDelete(topology)))
    config = without(config, 'cacheBytes');
  if (isCached(config, topology)) {
    if (!features.has('backward-reads-behind-caches')) {
      inputs = inputs.map(forwardRead);
      topology = topology.map(forwardScan);
    }
    if (!features.has('open-ranges-behind-caches')) inputs = inputs.map(closedRange);
  }
  if (topology.some(shiftsTime)) topology = topology.map(punctuatedByClock);
  if (config['storeFormat'] === 'headers') topology = topology.map(inBuildersFormat);
  // A record without key in a left join with a grace fails in Kafka Streams, and is dropped then.
  if (config['onProcessingError'] === 'continue') {
    topology = topology.map(withoutLeftGrace);
    // So does one that is earlier than its session's gap, behind a record cache.
    if (topology.some(isSession)) config = without(config, 'cacheBytes');
    // So does a scan in memory with the prefix of an empty key.
    if (!features.has('empty-prefixes') && topology.some((operator) => processorOf(operator)['name'] === 'prefixScan'))
      config = without(config, 'onProcessingError');
  }
  return { config, topology, inputs };
}

function isSliding({ window }: JsonObject): boolean {
  return isObject(window) && window['type'] === 'sliding';
}

function isSession({ window }: JsonObject): boolean {
  return isObject(window) && window['type'] === 'session';
}

/** Whether an aggregator or reducer may yield null, which deletes. */
function mayDelete(topology: readonly JsonObject[]): boolean {
  return topology.some(({ agg, fn, groups, merger, op }) => op !== 'mapValues' && /null/i.test(JSON.stringify([agg, fn, groups, merger])));
}

function isCached({ cacheBytes }: JsonObject, topology: readonly JsonObject[]): boolean {
  return cacheBytes !== undefined || topology.some(({ caching }) => caching === true);
}

const forward: Readonly<Record<string, string>> = {
  reverseRange: 'range',
  reverseAll: 'all',
  backwardFetch: 'fetch',
  backwardAll: 'all',
};

function forwardRead(input: JsonObject): JsonObject {
  return typeof input['op'] === 'string' ? { ...input, op: forward[input['op']] ?? input['op'] } : input;
}

function closedRange(input: JsonObject): JsonObject {
  const { args, op } = input;
  if (op !== 'fetchRange' || !isArray(args)) return input;
  const [from = null, to = null, ...times] = args;
  return { ...input, args: [from ?? 'a', to ?? 'z', ...times] };
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

function shiftsTime(operator: JsonObject): boolean {
  return processorOf(operator)['name'] === 'shiftTs';
}

function forwardScan(operator: JsonObject): JsonObject {
  const processor = processorOf(operator);
  return processor['reverse'] === undefined ? operator : { ...operator, processor: without(processor, 'reverse') };
}

function processorOf({ processor }: JsonObject): JsonObject {
  return isObject(processor) ? processor : {};
}

/** What a punctuation of stream time sends through a shift and a repartition topic moves stream time on to the next punctuation, for ever. */
function punctuatedByClock(operator: JsonObject): JsonObject {
  const { processor } = operator;
  return isObject(processor) && processor['time'] === 'stream' ? { ...operator, processor: { ...processor, time: 'wall' } } : operator;
}

/** What is supplied keeps the default format in Java. Millrace has options where Java has suppliers, and a table's store has the builder's format. */
function inBuildersFormat(operator: JsonObject): JsonObject {
  const { mat } = operator;
  if (!isObject(mat) || mat['supplier'] !== 'rocksdb' || mat['retentionMs'] !== undefined) return operator;
  return { ...operator, mat: { ...without(mat, 'supplier'), store: 'rocksdb' } };
}

function withoutPartitionTime(fields: JsonObject): JsonObject {
  const extractor = fields['timestampExtractor'];
  return typeof extractor === 'string' && extractor.endsWith('PartitionTime') ? without(fields, 'timestampExtractor') : fields;
}

function withoutHistory(operator: JsonObject): JsonObject {
  const { mat } = operator;
  return isObject(mat) && mat['versionedMs'] !== undefined ? { ...operator, mat: without(mat, 'versionedMs') } : operator;
}

function withoutLeftGrace(operator: JsonObject): JsonObject {
  return operator['op'] === 'stJoin' && operator['kind'] === 'left' ? without(operator, 'graceMs') : operator;
}

function withoutAddedHeaders(operator: JsonObject): JsonObject {
  const { processor } = operator;
  return isObject(processor) && isArray(processor['add']) ? { ...operator, processor: { ...processor, add: [] satisfies Json } } : operator;
}

function without(fields: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => field !== name));
}
