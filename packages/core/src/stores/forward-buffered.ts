/** Lets a buffered record go under the context it was buffered in, and puts the context of the record in progress back (S-91, S-138). */
import type { StreamRecord } from '../record.ts';
import type { EvictionListener } from './buffer-faces.ts';
import type { BufferedContext } from './buffered-record.ts';
import type { RecordContext } from './record-context.ts';

export function forwardBuffered<K, T>(
  context: RecordContext,
  buffered: BufferedContext,
  forwarded: StreamRecord<K, T>,
  listener: EvictionListener<K, T>,
): void {
  const { topic, partition, offset, timestamp, record, batch, raw, written, defined } = context;
  context.defined = true;
  context.topic = buffered.topic;
  context.partition = buffered.partition;
  context.offset = buffered.offset;
  context.timestamp = buffered.timestamp;
  context.record = forwarded;
  // The input record whose bytes these are is not the buffered one.
  context.batch = null;
  context.raw = buffered.raw ?? null;
  context.written = false;
  try {
    listener.evicted(forwarded);
  } finally {
    context.topic = topic;
    context.partition = partition;
    context.offset = offset;
    context.timestamp = timestamp;
    context.record = record;
    context.batch = batch;
    context.raw = raw;
    context.written = written;
    context.defined = defined;
  }
}
