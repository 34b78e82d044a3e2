/**
 * Inputs that were deleted and made again while stores without a changelog stood in the ones before. Where these stores stand is kept beside them, since nobody else knows it; in the
 * new topic that is the place of another record, and those before it would never be processed. So the ids of such inputs are noted, and compared before the task is made.
 */
import type { StateEngine } from '@millrace/state';
import { decodeNumber, metaKey, metaKinds } from '../engine/state-layout.ts';
import { StreamsError } from '../errors.ts';
import type { TopicDescription } from '../kafka/port.ts';
import { type StorePlan, topicName } from '../topology/plan.ts';
import type { RuntimeOptions } from './options.ts';
import { noteOfTopicId, noteTopicIds } from './state-identity.ts';

/** The inputs of a task whose ids are to be known: none if all its stores have a changelog, and no changelogs, which the restore compares. */
export function inputsToCompare(applicationId: string, stores: readonly StorePlan[], inputs: readonly string[]): readonly string[] {
  if (stores.every(({ changelog }) => changelog !== undefined)) return [];
  const changelogs = new Set(stores.map(({ changelog }) => (changelog === undefined ? undefined : topicName(applicationId, changelog))));
  return inputs.filter((topic) => !changelogs.has(topic));
}

/**
 * Compares the inputs with those that the state of a task came from, forgets where it stands in others under `stateMismatch: 'rebuild'`, and notes what they are now.
 *
 * @throws MR_TOPIC_RECREATED under `stateMismatch: 'stop'`
 */
export async function compareInputs(
  taskId: string,
  engine: StateEngine,
  inputs: ReadonlyMap<string, TopicDescription | undefined>,
  options: Pick<RuntimeOptions, 'log' | 'stateMismatch'>,
): Promise<void> {
  const ids = new Map<string, string>();
  const forget: Uint8Array[] = [];
  for (const [topic, description] of inputs) {
    const id = description?.id;
    const noted = noteOfTopicId(engine, topic);
    // Brokers without ids tell nothing.
    if (id === undefined || id === noted) continue;
    ids.set(topic, id);
    const key = metaKey(metaKinds.unloggedInput, topic);
    const position = engine.get(key);
    if (noted === undefined || position === undefined) continue;
    const offset = decodeNumber(position, 0);
    if (options.stateMismatch === 'stop') {
      throw new StreamsError(
        'MR_TOPIC_RECREATED',
        `task ${taskId}: input ${topic} was deleted and made again (its topic id is ${id}, the local state is of ${noted}), and stores without a changelog have the records of the one before ` +
          `up to offset ${offset}. With stateMismatch 'rebuild' they keep these rows, and the input is read from where the group stands in it; to begin anew, reset the application`,
        { details: { taskId, topic, offset } },
      );
    }
    options.log.warn('an input was deleted and made again: where stores without a changelog stood in it is forgotten', {
      taskId,
      topic,
      offset,
    });
    forget.push(key);
  }
  // Forgotten first: what is noted is not compared again.
  if (forget.length > 0) {
    const batch = engine.batch();
    for (const key of forget) batch.delete(key);
    await batch.commit();
  }
  await noteTopicIds(engine, ids);
}
