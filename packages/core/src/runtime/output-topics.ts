/** Topics that the instance writes and that the user makes: whether they can be written is heard at the start, not at the first record or the first failure. */
import { ClientError, StreamsError } from '../errors.ts';
import type { RecordProducer } from '../kafka/port.ts';
import type { ApplicationTopics } from './application-topics.ts';
import type { RuntimeOptions } from './options.ts';

/**
 * A dead letter in a changelog or repartition topic would be read as a row or as input (I2).
 *
 * @throws MR_CONFIG_INVALID
 */
export function checkDeadLetterTopic(topics: ApplicationTopics, { handlers }: RuntimeOptions): void {
  const { deadLetterTopic } = handlers;
  if (deadLetterTopic === undefined || !topics.isInternal(deadLetterTopic)) return;
  throw new StreamsError(
    'MR_CONFIG_INVALID',
    `option handlers.deadLetterTopic is "${deadLetterTopic}", an internal topic of this application: give a topic of its own`,
    {
      details: { option: 'handlers.deadLetterTopic', topic: deadLetterTopic },
    },
  );
}

/**
 * Waits for the topics of sinks, and for the dead letter topic.
 *
 * @throws MR_TOPIC_UNKNOWN
 */
export async function lookUpSinks(producer: RecordProducer, topics: ApplicationTopics, options: RuntimeOptions): Promise<void> {
  const { topicTimeoutMs } = options;
  const { deadLetterTopic } = options.handlers;
  const sinks = deadLetterTopic === undefined ? topics.sinkTopics : [...new Set([...topics.sinkTopics, deadLetterTopic])];
  if (sinks.length === 0) return;
  try {
    await producer.lookUp(sinks, { timeoutMs: topicTimeoutMs });
  } catch (error) {
    if (!(error instanceof ClientError) || error.kind !== 'fatal') throw error;
    throw new StreamsError(
      'MR_TOPIC_UNKNOWN',
      `a topic that the topology writes, or the dead letter topic, does not exist (waited ${topicTimeoutMs} ms): ${error.message}. Create it: output topics are never created by Millrace`,
      { details: { ...error.details, sinks: sinks.join(', ') }, cause: error },
    );
  }
}
