/** What a partitioner answers, where it is no single partition: the types say what may come, and JavaScript returns anything. */
import { describeValue, type ErrorDetails, StreamsError } from '../errors.ts';
import { refusePromise } from './synchronous.ts';

/**
 * The partitions of an answer that names several, in its order. Each is checked by whoever knows how many there are.
 *
 * @param who the partitioner, for errors
 * @throws MR_ASYNC_RESULT for a promise; MR_ARGUMENT_INVALID for what is neither an array nor a Set: a record that went nowhere for it would be lost
 */
export function chosenPartitions(chosen: unknown, who: string, details: ErrorDetails): readonly unknown[] {
  if (Array.isArray(chosen)) return chosen;
  if (chosen instanceof Set) return [...chosen];
  refusePromise(chosen, who, details);
  throw new StreamsError(
    'MR_ARGUMENT_INVALID',
    `${who} returned ${describeValue(chosen)}; it must return a partition, several in an array or a Set, an empty one to drop the record, or undefined for the default`,
    { details },
  );
}
