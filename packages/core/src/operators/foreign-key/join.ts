/** What the nodes of one foreign-key join share. Topics and stores are named without the application id. */
import type { ProcessingContext } from '../../processor/processor.ts';
import type { Serde } from '../../serde/serde.ts';
import { CombinedKeys } from './combined-key.ts';
import { ValueHash } from './value-hash.ts';

export interface ForeignKeyJoin<K, V, KO> {
  readonly isLeft: boolean;
  readonly subscriptionTopic: string;
  readonly subscriptionStore: string;
  readonly primaryKey: Serde<K>;
  readonly primaryValue: Serde<V>;
  readonly foreignKey: Serde<KO>;
}

/** The serde as Java's registry-aware serdes get to know it: under a topic of its own that does not exist. */
function boundTo<T>(serde: Serde<T>, context: ProcessingContext, topic: string, role: 'key' | 'value'): Serde<T> {
  return serde.bind?.({ topic: `${context.applicationId}-${topic}`, role }) ?? serde;
}

export function foreignKeySerde<K, V, KO>(join: ForeignKeyJoin<K, V, KO>, context: ProcessingContext): Serde<KO> {
  return boundTo(join.foreignKey, context, `${join.subscriptionTopic}-fk`, 'key');
}

export function combinedKeys<K, V, KO>(join: ForeignKeyJoin<K, V, KO>, context: ProcessingContext): CombinedKeys<KO, K> {
  return new CombinedKeys(foreignKeySerde(join, context), boundTo(join.primaryKey, context, `${join.subscriptionTopic}-pk`, 'key'));
}

export function valueHash<K, V, KO>(join: ForeignKeyJoin<K, V, KO>, context: ProcessingContext): ValueHash<V> {
  return new ValueHash(boundTo(join.primaryValue, context, `${join.subscriptionTopic}-vh`, 'value'));
}
