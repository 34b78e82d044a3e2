import { defineConfig } from 'vitest/config';
import { missingForBroker } from './tests/broker/launcher/kafka-broker.mjs';

// Tests against a real Apache Kafka: one broker for all of them, that of KAFKA_BROKERS or one of our own, which the global setup starts and stops.
// Where there can be none, they are skipped; in CI that is an error.
const missing = process.env['KAFKA_BROKERS'] === undefined ? missingForBroker() : undefined;
if (missing !== undefined && process.env['CI'] === 'true') throw new Error(`the tests on a real broker must run in CI: ${missing}`);
if (missing !== undefined) process.stderr.write(`The tests on a real broker are skipped. ${missing}\n`);

const conditions = ['@millrace/source', 'module', 'node', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: missing === undefined ? ['tests/broker/**/*.test.ts'] : [],
    passWithNoTests: missing !== undefined,
    globalSetup: missing === undefined ? ['tests/broker/global-setup.ts'] : [],
    // They share the broker and the machine.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
