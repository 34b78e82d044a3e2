/**
 * Fetch: whole batches, a long poll until there are enough bytes, an error, or the time is up. By id from 13 on, new leaders are told from 16 on.
 * Sessions are not kept: a client that asks for one gets id 0 and goes on with full requests, as KIP-227 provides.
 */
import { Buffer } from 'node:buffer';
import { brokerErrorCodes, fetchApi, type RequestOf, type ResponseInputOf } from '@millrace/kafka/protocol';
import type { Partition } from '../cluster/topic.ts';
import { currentLeader, findTopic, leaderError, nodeEndpoints, tellsLeader } from './partition-lookup.ts';
import { type MaybePromise, type RequestContext, requestHandler, type RequestHandler } from './request-handler.ts';

export const fetch: RequestHandler = requestHandler(fetchApi, [4, 17], handle);

type Request = RequestOf<typeof fetchApi>;
type Response = ResponseInputOf<typeof fetchApi>;
type PartitionAnswer = Response['responses'][number]['partitions'][number];

/** `fetch.max.bytes` of a broker. */
const brokerMaxBytes = 57_671_680;

/** One partition of the request, looked up once. */
interface Target {
  readonly asked: Request['topics'][number]['partitions'][number];
  readonly partition: Partition | undefined;
  readonly unknownCode: number;
}

interface TargetTopic {
  readonly topic: string;
  readonly topicId: string;
  readonly targets: readonly Target[];
}

function handle(request: Request, context: RequestContext): MaybePromise<Response> {
  if (request.sessionId !== 0)
    return { throttleTimeMs: 0, errorCode: brokerErrorCodes.FETCH_SESSION_ID_NOT_FOUND, sessionId: 0, responses: [] };
  const topics = request.topics.map(({ topic, topicId, partitions }): TargetTopic => {
    const found = findTopic(context.cluster, context.version >= 13 ? { topicId } : { name: topic });
    const targets = partitions.map((asked) => {
      const unknownCode = found.topic === undefined ? found.unknownCode : brokerErrorCodes.UNKNOWN_TOPIC_OR_PARTITION;
      return { asked, partition: found.topic?.partitions[asked.partition], unknownCode };
    });
    return { topic, topicId, targets };
  });
  const poll = new LongPoll(request, context, topics);
  return poll.isDue ? poll.answer() : poll.wait();
}

class LongPoll {
  readonly #request: Request;
  readonly #context: RequestContext;
  readonly #topics: readonly TargetTopic[];
  readonly #targets: readonly Target[];
  readonly #isCommitted: boolean;

  constructor(request: Request, context: RequestContext, topics: readonly TargetTopic[]) {
    this.#request = request;
    this.#context = context;
    this.#topics = topics;
    this.#targets = topics.flatMap(({ targets }) => targets);
    this.#isCommitted = request.isolationLevel === 1;
  }

  /** Whether waiting would bring nothing more: time or bytes are reached, or something has to be told at once. */
  get isDue(): boolean {
    const { maxWaitMs, minBytes } = this.#request;
    if (maxWaitMs <= 0 || minBytes <= 0 || this.#targets.length === 0) return true;
    let bytes = 0;
    for (const target of this.#targets) {
      if (this.#errorOf(target) !== brokerErrorCodes.NONE || target.partition === undefined) return true;
      const end = this.#readableEnd(target.partition);
      // A position above the stable end cannot be served by waiting: answered at once, as a real broker does.
      if (target.asked.fetchOffset > end) return true;
      bytes += target.partition.log.bytesFrom(target.asked.fetchOffset, end, minBytes - bytes);
      if (bytes >= minBytes) return true;
    }
    return false;
  }

  #readableEnd({ log }: Partition): number {
    return this.#isCommitted ? log.lastStableOffset : log.highWatermark;
  }

  #errorOf({ asked, partition, unknownCode }: Target): number {
    if (partition === undefined) return unknownCode;
    if (partition.topic.isDeleted) {
      return this.#context.version >= 13 ? brokerErrorCodes.UNKNOWN_TOPIC_ID : brokerErrorCodes.UNKNOWN_TOPIC_OR_PARTITION;
    }
    const notLeader = leaderError(this.#context, partition, asked.currentLeaderEpoch);
    if (notLeader !== brokerErrorCodes.NONE) return notLeader;
    const { log } = partition;
    return asked.fetchOffset < log.startOffset || asked.fetchOffset > log.highWatermark
      ? brokerErrorCodes.OFFSET_OUT_OF_RANGE
      : brokerErrorCodes.NONE;
  }

  wait(): Promise<Response> {
    return new Promise((resolve) => {
      const watches: (() => void)[] = [];
      const finish = (): void => {
        timer.cancel();
        for (const unwatch of watches) unwatch();
        resolve(this.answer());
      };
      const timer = this.#context.cluster.clock.setTimer(finish, this.#request.maxWaitMs);
      const look = (): void => {
        if (this.isDue) finish();
      };
      for (const { partition } of this.#targets) if (partition !== undefined) watches.push(partition.watch(look));
    });
  }

  answer(): Response {
    const { cluster, version } = this.#context;
    const leaders: number[] = [];
    let bytesLeft = Math.min(this.#request.maxBytes, brokerMaxBytes);
    let isEmpty = true;
    const responses = this.#topics.map(({ topic, topicId, targets }) => ({
      topic,
      topicId,
      partitions: targets.map((target): PartitionAnswer => {
        const { asked, partition } = target;
        const errorCode = this.#errorOf(target);
        if (partition === undefined || errorCode !== brokerErrorCodes.NONE) {
          const answer = refused(asked.partition, errorCode);
          if (partition === undefined || version < 12 || !tellsLeader(errorCode)) return answer;
          leaders.push(partition.leader);
          return { ...answer, currentLeader: currentLeader(partition) };
        }
        const { log } = partition;
        const end = this.#readableEnd(partition);
        const maxBytes = Math.max(0, Math.min(asked.partitionMaxBytes, bytesLeft));
        const read = log.read(asked.fetchOffset, { endOffset: end, maxBytes, atLeastOne: isEmpty });
        bytesLeft -= read.sizeBytes;
        isEmpty &&= read.sizeBytes === 0;
        return {
          partitionIndex: asked.partition,
          errorCode,
          highWatermark: log.highWatermark,
          lastStableOffset: log.lastStableOffset,
          logStartOffset: log.startOffset,
          abortedTransactions: this.#isCommitted ? abortedIn(partition, asked.fetchOffset, end, read.sizeBytes) : null,
          records: read.batches.length === 1 ? (read.batches[0] ?? null) : Buffer.concat(read.batches, read.sizeBytes),
        };
      }),
    }));
    const response = { throttleTimeMs: 0, errorCode: brokerErrorCodes.NONE, sessionId: 0, responses };
    return version < 16 ? response : { ...response, nodeEndpoints: nodeEndpoints(cluster, leaders) };
  }
}

function abortedIn(
  { log }: Partition,
  from: number,
  to: number,
  sizeBytes: number,
): { readonly producerId: number; readonly firstOffset: number }[] {
  if (sizeBytes === 0) return [];
  return log.transactions.abortedBetween(from, to).map(({ producerId, firstOffset }) => ({ producerId, firstOffset }));
}

function refused(partitionIndex: number, errorCode: number): PartitionAnswer {
  return {
    partitionIndex,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: null,
    records: new Uint8Array(0),
  };
}
