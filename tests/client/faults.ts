/** Answers of a broker in trouble, for the interceptors of the embedded cluster. */
import type { Interception, Interceptor } from '@millrace/embedded-kafka';
import type { ApiDescription, fetchApi, produceApi, RequestOf, ResponseInputOf } from '@millrace/kafka/protocol';

type FetchAnswer = ResponseInputOf<typeof fetchApi>;
type FetchedPartition = FetchAnswer['responses'][number]['partitions'][number];
type ProduceAnswer = ResponseInputOf<typeof produceApi>;
type ProducedPartition = ProduceAnswer['responses'][number]['partitionResponses'][number];

/** What happens to the first requests, one entry each; the later ones pass. `calls` counts all of them. */
export function inTurn<A extends ApiDescription>(
  ...interceptions: readonly Interception<ResponseInputOf<A>>[]
): { readonly interceptor: Interceptor<A>; readonly calls: () => number } {
  let calls = 0;
  return { interceptor: () => interceptions[calls++] ?? 'pass', calls: () => calls };
}

/** Changes every partition of a fetch answer. */
export function fetched(change: (partition: FetchedPartition) => Partial<FetchedPartition>): Interception<FetchAnswer> {
  return {
    change: (answer) => ({
      ...answer,
      responses: answer.responses.map((topic) => ({
        ...topic,
        partitions: topic.partitions.map((partition) => ({ ...partition, ...change(partition) })),
      })),
    }),
  };
}

/** The broker refuses to read. */
export function fetchFails(errorCode: number): Interception<FetchAnswer> {
  return fetched(() => ({ errorCode, records: null, highWatermark: -1, lastStableOffset: -1, logStartOffset: -1 }));
}

/** The batches were written, but the answer says this. */
export function produced(change: (partition: ProducedPartition) => Partial<ProducedPartition>): Interception<ProduceAnswer> {
  return {
    change: (answer) => ({
      ...answer,
      responses: answer.responses.map((topic) => ({
        ...topic,
        partitionResponses: topic.partitionResponses.map((partition) => ({ ...partition, ...change(partition) })),
      })),
    }),
  };
}

/** The broker refuses every batch; nothing is written. */
export function refused(
  { topicData }: RequestOf<typeof produceApi>,
  errorCode: number,
  facts: Partial<ProducedPartition> = {},
): Interception<ProduceAnswer> {
  return {
    answer: {
      responses: topicData.map(({ name, topicId, partitionData }) => ({
        name,
        topicId,
        partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset: -1, ...facts })),
      })),
    },
  };
}
