/** Operations of several attempts: tried until they succeed, fail for good, or take longer than an operation may. */
import { ClientError } from '@millrace/core/kafka';
import { pauseAfter } from './backoff.ts';
import type { ClientContext } from './context.ts';
import { asClientError, closedError, textOf } from './failure.ts';
import { missingTopicGraceMs } from './topic-table.ts';

const unknownTopic = 3;

export interface RetryOptions {
  /** Aborts when whoever asks is closed. */
  readonly closing: AbortSignal;
  /** Which failures pass. Default: those of kind `retriable`. */
  readonly passes?: ((failure: ClientError) => boolean) | undefined;
  /** Default: the context's `operationTimeoutMs`. */
  readonly timeoutMs?: number | undefined;
}

/**
 * What `once` resolves with in the end.
 * @param doing starts the message of a failure, e.g. `Listing offsets`
 * @throws ClientError the failure that does not pass; `fatal` for a topic that stays unknown; `retriable` when the time is over
 */
export async function retrying<T>(context: ClientContext, doing: string, options: RetryOptions, once: () => Promise<T>): Promise<T> {
  const { closing, timeoutMs = context.operationTimeoutMs, passes = (failure) => failure.kind === 'retriable' } = options;
  const startedAtMs = context.clock.monotonic();
  const deadlineMs = startedAtMs + timeoutMs;
  for (let failures = 1; ; failures++) {
    let failure: ClientError;
    try {
      return await once();
    } catch (error) {
      if (closing.aborted) throw closedError('The Kafka client');
      failure = asClientError(error, doing);
      if (!passes(failure)) throw failure;
    }
    if (failure.kafkaCode === unknownTopic && context.clock.monotonic() >= startedAtMs + missingTopicGraceMs) {
      throw new ClientError('fatal', textOf(failure), { details: failure.details, kafkaCode: unknownTopic, cause: failure });
    }
    if (context.clock.monotonic() >= deadlineMs) {
      throw new ClientError('retriable', `${doing} did not succeed in ${timeoutMs} ms; the last failure was: ${textOf(failure)}`, {
        details: failure.details,
        kafkaCode: failure.kafkaCode,
        cause: failure,
      });
    }
    context.log.debug(`${doing} has to be tried again`, { error: failure.message, failures });
    await pauseAfter(context, failures, closing);
    if (closing.aborted) throw closedError('The Kafka client');
  }
}
