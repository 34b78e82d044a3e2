/** One broker for all tests of this folder: that of KAFKA_BROKERS if it is set, else one of our own. */
import type { TestProject } from 'vitest/node';
import { startBroker } from './launcher/kafka-broker.mjs';

declare module 'vitest' {
  export interface ProvidedContext {
    /** `host:port`, several apart by commas. */
    bootstrap: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['KAFKA_BROKERS'];
  // The brokers of tests, those that they start themselves too, live for minutes: compiling one well takes a small machine longer than it saves.
  process.env['KAFKA_HEAP'] ??= '-Xms256m -Xmx1g -XX:TieredStopAtLevel=1';
  const broker = given === undefined ? await startBroker() : undefined;
  project.provide('bootstrap', broker?.bootstrap ?? given ?? '');
  return async () => broker?.remove();
}
