/** Descriptions of nodes that read topics. */
import { StreamsError, TopologyError } from '../errors.ts';
import { checkOneOf, shown } from '../option-checks.ts';
import type { SourceDescription } from '../topology/graph.ts';
import { copiedHashOrder } from '../topology/java-hash-order.ts';
import type { Consumed } from './options.ts';

/** @throws MR_ARGUMENT_INVALID for what cannot be written to. */
export function requireTopic(topic: unknown, what: string): void {
  if (typeof topic === 'string' || typeof topic === 'function') return;
  throw new StreamsError('MR_ARGUMENT_INVALID', `${what} needs the name of a topic or a function that names one, got ${shown(topic)}`);
}

/** @throws MR_TOPOLOGY_INVALID for no topics, MR_ARGUMENT_INVALID for an offset reset that is no duration. */
export function describeSource<K, V>(
  name: string,
  topics: string | readonly string[] | RegExp,
  options: Consumed<K, V>,
): SourceDescription {
  // JavaScript may pass anything.
  const given: unknown = topics;
  if (
    !(typeof given === 'string' || given instanceof RegExp || (Array.isArray(given) && given.every((topic) => typeof topic === 'string')))
  ) {
    throw new StreamsError(
      'MR_ARGUMENT_INVALID',
      `a source reads a topic, several topics or a pattern, got ${given === null ? 'null' : typeof given}`,
      {
        details: { node: name },
      },
    );
  }
  const list = typeof topics === 'string' ? [topics] : topics instanceof RegExp ? [] : topics;
  if (!(topics instanceof RegExp) && list.length === 0)
    throw new TopologyError('a stream needs at least one topic', { details: { node: name } });
  const { offsetReset } = options;
  if (offsetReset !== undefined && typeof offsetReset !== 'object') checkOneOf(offsetReset, ['earliest', 'latest', 'none'], 'offsetReset');
  if (typeof offsetReset === 'object' && !(Number.isSafeInteger(offsetReset.byDurationMs) && offsetReset.byDurationMs >= 0)) {
    throw new StreamsError(
      'MR_ARGUMENT_INVALID',
      `offsetReset.byDurationMs must be whole milliseconds from 0 on, got ${offsetReset.byDurationMs}`,
    );
  }
  return {
    kind: 'source',
    name,
    topics: copiedHashOrder(list),
    pattern: topics instanceof RegExp ? topics : undefined,
    keySerde: options.key,
    valueSerde: options.value,
    timestampExtractor: options.timestampExtractor,
    offsetReset,
  };
}
