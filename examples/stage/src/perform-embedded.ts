/** A play on a cluster inside this process, with local state on disk; both are gone afterwards. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedKafka } from '@millrace/embedded-kafka';
import { kafka, persistent } from 'millrace';
import { perform } from './perform.ts';
import type { Play, Story } from './play.ts';

export async function performEmbedded(play: Play, signal?: AbortSignal): Promise<Story> {
  // Over TCP, as on any other cluster.
  const cluster = await EmbeddedKafka.start({ listen: true });
  const directory = await mkdtemp(join(tmpdir(), `${play.applicationId}-`));
  try {
    return await perform(play, { client: kafka({ brokers: cluster.bootstrap.split(',') }), state: persistent({ directory }) }, signal);
  } finally {
    await cluster.close();
    await rm(directory, { recursive: true, force: true });
  }
}
