/** What becomes of records that the broker refused for good: a decision without I/O, and the dead letters that go with it. */
import type { HandlerDecision, ProductionDecision, ProductionHandler } from '../engine/contract.ts';
import { type DeadLetter, errorHeaders } from '../engine/dead-letter.ts';
import { checkDeadLetter } from '../engine/dead-letter-sender.ts';
import type { ClientError } from '../errors.ts';
import type { ProduceFailure } from '../kafka/port.ts';

export interface RefusalVerdict {
  /** `retry`: close the tasks and go on from the last commit. */
  readonly decision: 'fail' | 'continue' | 'retry';
  readonly deadLetters: readonly DeadLetter[];
  /** What the handler itself did wrong. */
  readonly handlerFailure?: unknown;
}

/**
 * Kafka's codes of failures that no handler may continue over, since they do not concern these records: the server's own confusion, topics whose name is not legal, rights that are
 * missing. Kafka Streams: `RecordCollectorImpl.isFatalException`.
 */
const fatalKafkaCodes: ReadonlySet<number> = new Set([-1, 17, 29, 30, 31, 33, 34, 53, 54, 58, 65]);

/** Records, or batches, that are larger than the topic takes. */
const tooLargeCodes: ReadonlySet<number> = new Set([10, 18]);

/** False for failures of the whole application: its producer was replaced, its rights are missing. */
export function mayBeAsked(error: ClientError): boolean {
  if (error.kind !== 'retriable' && error.kind !== 'fatal') return false;
  return error.kafkaCode === undefined || !fatalKafkaCodes.has(error.kafkaCode);
}

/**
 * Asks the production handler.
 *
 * @param deadLetterTopic where a plain word sends the refused records; undefined: nowhere
 */
export function judgeRefusal(failure: ProduceFailure, handler: ProductionHandler, deadLetterTopic: string | undefined): RefusalVerdict {
  const { error, records } = failure;
  const { topic, partition } = failure.tp;
  let answer: ProductionDecision;
  try {
    const context = {
      taskId: undefined,
      topic,
      partition,
      node: undefined,
      origin: undefined,
      record: null,
      source: undefined,
      refused: records,
    };
    answer = handler(context, error, 'send');
    if (typeof answer === 'object') for (const letter of answer.deadLetters) checkDeadLetter(letter);
  } catch (handlerFailure) {
    return { decision: 'fail', deadLetters: [], handlerFailure };
  }
  if (answer === 'retry') {
    // What does not pass is not tried again, as in Kafka Streams.
    if (error.kind === 'retriable') return { decision: 'retry', deadLetters: [] };
    answer = 'fail';
  }
  const decision: unknown = typeof answer === 'object' ? answer.decision : answer;
  if (decision !== 'fail' && decision !== 'continue') {
    return { decision: 'fail', deadLetters: [], handlerFailure: new TypeError(`the handler answered ${String(decision)}`) };
  }
  return { decision, deadLetters: lettersOf(answer, decision, failure, deadLetterTopic) };
}

/**
 * Of records that are dropped each gets a letter; of a batch that stops the instance the first, since all of them are made again. A letter carries the refused record, and names the
 * topic that refused it; of one that was too large the value stays out, since it would be too large for the dead letter topic as well. (Kafka Streams' default handler sends
 * neither key nor value, and the place of whatever record is being processed at the time.)
 */
function lettersOf(
  answer: HandlerDecision,
  decision: 'fail' | 'continue',
  failure: ProduceFailure,
  deadLetterTopic: string | undefined,
): readonly DeadLetter[] {
  if (typeof answer === 'object') return answer.deadLetters;
  if (deadLetterTopic === undefined) return [];
  const { error, records, tp } = failure;
  const isTooLarge = error.kafkaCode !== undefined && tooLargeCodes.has(error.kafkaCode);
  // One list for the whole batch: the text of an error is long.
  const told = errorHeaders({ topic: tp.topic, partition: tp.partition, offset: -1 }, error);
  const letters: DeadLetter[] = [];
  const count = decision === 'fail' ? Math.min(1, records.count) : records.count;
  for (let index = 0; index < count; index++) {
    const timestamp = records.timestamp(index);
    letters.push({
      topic: deadLetterTopic,
      key: copyOf(records.key(index)),
      value: isTooLarge ? null : copyOf(records.value(index)),
      ...(timestamp < 0 ? {} : { timestamp }),
      headers: [...records.headers(index), ...told],
    });
  }
  return letters;
}

/** The batch is gone when the letter is sent. */
function copyOf(bytes: Uint8Array | null): Uint8Array | null {
  return bytes === null ? null : new Uint8Array(bytes);
}
