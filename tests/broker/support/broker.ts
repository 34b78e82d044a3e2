/** The real broker that the global set-up provides, and clients of it. */
import { type StreamsClient, silentLogger, systemClock } from '@millrace/core/kafka';
import { kafka } from '@millrace/kafka';
import { inject } from 'vitest';

/** `host:port` of the broker. */
export function bootstrap(): string {
  return inject('bootstrap');
}

export async function openClient(): Promise<StreamsClient> {
  const client = kafka({ brokers: bootstrap().split(',') }).create({ clientId: 'tests', clock: systemClock, log: silentLogger });
  await client.connect();
  return client;
}

let names = 0;

/** A name that no other test or earlier run on the same broker has used. */
export function uniqueName(name: string): string {
  return `${name}-${process.pid}-${Date.now().toString(36)}-${names++}`;
}
