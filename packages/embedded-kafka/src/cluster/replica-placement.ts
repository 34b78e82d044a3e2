/** Which brokers carry a partition, and who of them leads. */
import { brokerErrorCodes } from '@millrace/kafka/protocol';
import type { Refusal } from './topic-rules.ts';

/** Round robin over the brokers that are up, one further for each partition. */
export function placeReplicas(
  up: readonly number[],
  firstPartition: number,
  count: number,
  replicationFactor: number,
  shift: number,
): readonly (readonly number[])[] | Refusal {
  if (replicationFactor < 1) {
    return {
      errorCode: brokerErrorCodes.INVALID_REPLICATION_FACTOR,
      message: 'Replication factor must be larger than 0, or -1 to use the default value.',
    };
  }
  if (replicationFactor > up.length) {
    const message = `Unable to replicate the partition ${replicationFactor} time(s): The target replication factor of ${replicationFactor} cannot be reached because only ${up.length} broker(s) are registered.`;
    return { errorCode: brokerErrorCodes.INVALID_REPLICATION_FACTOR, message };
  }
  return Array.from({ length: count }, (_, index) =>
    Array.from({ length: replicationFactor }, (__, replica) => up[(shift + firstPartition + index + replica) % up.length] ?? 0),
  );
}

/** Checks replicas that a client chose: existing brokers, none twice, the same number for each partition. */
export function checkPlacement(
  assignments: readonly (readonly number[])[],
  known: ReadonlySet<number>,
  replicas?: number,
): Refusal | undefined {
  const replicationFactor = replicas ?? assignments[0]?.length;
  const invalid = (message: string): Refusal => ({ errorCode: brokerErrorCodes.INVALID_REPLICA_ASSIGNMENT, message });
  for (const brokers of assignments) {
    if (brokers.length === 0) return invalid('The manual partition assignment includes an empty replica list.');
    if (new Set(brokers).size !== brokers.length) return invalid('The manual partition assignment includes a broker more than once.');
    if (brokers.length !== replicationFactor)
      return invalid('The manual partition assignment includes partitions with different numbers of replicas.');
    const foreign = brokers.find((broker) => !known.has(broker));
    if (foreign !== undefined)
      return invalid(`The manual partition assignment includes broker ${foreign}, but no such broker is registered.`);
  }
  return undefined;
}
