/** The timestamp extractors that come with Kafka Streams: what happens to a record whose timestamp is negative. */
import { StreamsError } from '../errors.ts';
import type { SourceRecord, TimestampExtractor } from './processor.ts';

function place(record: SourceRecord): { topic: string; partition: number; offset: number } {
  return { topic: record.topic, partition: record.partition, offset: record.offset };
}

/** Takes the record's timestamp; a negative one stops the task. The default. Kafka Streams: `FailOnInvalidTimestamp`. */
export const failOnInvalid: TimestampExtractor = (record) => {
  if (record.timestamp < 0) {
    throw new StreamsError(
      'MR_TIMESTAMP_INVALID',
      `record ${record.offset} of "${record.topic}" (partition ${record.partition}) has the timestamp ${record.timestamp}: ` +
        'producers must set it, or choose another timestamp extractor',
      { details: place(record) },
    );
  }
  return record.timestamp;
};

/** Takes the record's timestamp; a record with a negative one is dropped and counted. Kafka Streams: `LogAndSkipOnInvalidTimestamp`. */
export const skipOnInvalid: TimestampExtractor = (record) => record.timestamp;

/**
 * Takes the record's timestamp, or in place of a negative one the largest of its partition so far; stops the task where there is none yet.
 * Kafka Streams: `UsePartitionTimeOnInvalidTimestamp`.
 */
export const partitionTimeOnInvalid: TimestampExtractor = (record, partitionTime) => {
  if (record.timestamp >= 0) return record.timestamp;
  if (partitionTime < 0) {
    throw new StreamsError(
      'MR_TIMESTAMP_INVALID',
      `record ${record.offset} of "${record.topic}" (partition ${record.partition}) has the timestamp ${record.timestamp} and the partition has no time yet`,
      { details: place(record) },
    );
  }
  return partitionTime;
};

export const timestampExtractors: {
  readonly failOnInvalid: TimestampExtractor;
  readonly skipOnInvalid: TimestampExtractor;
  readonly partitionTimeOnInvalid: TimestampExtractor;
} = { failOnInvalid, skipOnInvalid, partitionTimeOnInvalid };
