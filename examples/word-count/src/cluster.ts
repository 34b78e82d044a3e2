/** The cluster to run on: the user's own where `KAFKA_BROKERS` names one, else an embedded one on a free port of this machine. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedKafka } from '@millrace/embedded-kafka';

export interface Cluster {
  readonly brokers: readonly string[];
  readonly embedded: boolean;
  /** Where local state goes: it must live as long as the topics do. */
  readonly stateDirectory: string;
  close(): Promise<void>;
}

export async function openCluster(environment: NodeJS.ProcessEnv): Promise<Cluster> {
  const own = environment['KAFKA_BROKERS'];
  if (own !== undefined && own !== '') {
    return {
      brokers: own.split(',').map((broker) => broker.trim()),
      embedded: false,
      stateDirectory: environment['WORD_COUNT_STATE'] ?? 'state',
      close: async () => {},
    };
  }
  const kafka = await EmbeddedKafka.start({ listen: true });
  const stateDirectory = await mkdtemp(join(tmpdir(), 'word-count-'));
  return {
    brokers: kafka.bootstrap.split(','),
    embedded: true,
    stateDirectory,
    async close() {
      await kafka.close();
      await rm(stateDirectory, { recursive: true, force: true });
    },
  };
}
