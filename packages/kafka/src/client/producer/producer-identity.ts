/** The producer id under which batches are numbered. Asked of any broker, again and again until one gives it. */
import { ClientError } from '@millrace/core/kafka';
import { prepareCompression, type CompressionName } from '../../protocol/compression/codec.ts';
import { pauseAfter } from '../backoff.ts';
import type { Cluster } from '../cluster.ts';
import { asClientError, brokerFailure } from '../failure.ts';
import * as spoken from '../spoken-versions.ts';
import type { ProducerId } from './partition-queue.ts';

/** Only looked at for transactions. */
const transactionTimeoutMs = 60_000;

/**
 * A fresh id, with what compression needs made ready beside it.
 * @throws ClientError `fatal`, as where the principal may not write idempotently; that the client was closed when `signal` aborts
 */
export async function obtainProducerId(cluster: Cluster, compression: CompressionName, signal: AbortSignal): Promise<ProducerId> {
  try {
    await prepareCompression(compression);
  } catch (error) {
    throw asClientError(error, 'Preparing the compression');
  }
  for (let failures = 1; ; failures++) {
    try {
      return await askOnce(cluster, signal);
    } catch (error) {
      const failure = asClientError(error, 'Asking for a producer id');
      if (failure.kind !== 'retriable' || signal.aborted) throw failure;
      cluster.context.log.debug('No producer id yet', { error: failure.message, failures });
    }
    await pauseAfter(cluster.context, failures, signal);
    if (signal.aborted) throw new ClientError('fatal', 'The producer was closed before it had an id');
  }
}

async function askOnce(cluster: Cluster, signal: AbortSignal): Promise<ProducerId> {
  const request = { transactionalId: null, transactionTimeoutMs, producerId: -1, producerEpoch: -1 };
  const { response } = await cluster.requester.call('any', 'produce', spoken.initProducerId, request, { signal });
  // With an id of -1 the batches would silently not be idempotent.
  if (response.errorCode !== 0) throw brokerFailure(response.errorCode, 'Asking for a producer id');
  if (response.producerId < 0) throw new ClientError('retriable', 'A broker gave the producer id -1');
  return { id: response.producerId, epoch: response.producerEpoch };
}
