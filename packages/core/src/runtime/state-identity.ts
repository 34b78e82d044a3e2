/**
 * Which topic the state on disk is a replay of. A changelog that was deleted and made again has the same name and other records: its positions mean nothing for what is
 * on disk (I2). The broker's topic id tells the two apart; it is kept beside the data.
 */
import type { MaybePromise, StateEngine } from '@millrace/state';
import { metaKey, metaKinds } from '../engine/state-layout.ts';

/** The id of the topic that the data came from; undefined if none was noted. */
export function noteOfTopicId(engine: StateEngine, topic: string): string | undefined {
  const value = engine.get(metaKey(metaKinds.topicId, topic));
  return value === undefined ? undefined : Buffer.from(value).toString('utf8');
}

/** Notes the ids of topics. Written before anything of these topics is. */
export function noteTopicIds(engine: StateEngine, ids: ReadonlyMap<string, string>): MaybePromise<void> {
  if (ids.size === 0) return undefined;
  const batch = engine.batch();
  for (const [topic, id] of ids) batch.put(metaKey(metaKinds.topicId, topic), Buffer.from(id, 'utf8'));
  return batch.commit();
}
