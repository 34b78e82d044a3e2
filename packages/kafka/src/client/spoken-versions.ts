/**
 * Which versions of which API the client speaks. The upper bound is the newest whose meaning the client uses, the lower bound the first that
 * has what correctness needs: a broker that does not reach it is refused, never served with less.
 */
import type { ApiDescription } from '../protocol/schema.ts';
import { createTopicsApi } from '../protocol/messages/create-topics.ts';
import { deleteRecordsApi } from '../protocol/messages/delete-records.ts';
import { deleteTopicsApi } from '../protocol/messages/delete-topics.ts';
import { describeConfigsApi } from '../protocol/messages/describe-configs.ts';
import { fetchApi } from '../protocol/messages/fetch.ts';
import { findCoordinatorApi } from '../protocol/messages/find-coordinator.ts';
import { heartbeatApi } from '../protocol/messages/heartbeat.ts';
import { initProducerIdApi } from '../protocol/messages/init-producer-id.ts';
import { joinGroupApi } from '../protocol/messages/join-group.ts';
import { leaveGroupApi } from '../protocol/messages/leave-group.ts';
import { listOffsetsApi } from '../protocol/messages/list-offsets.ts';
import { metadataApi } from '../protocol/messages/metadata.ts';
import { offsetCommitApi } from '../protocol/messages/offset-commit.ts';
import { offsetFetchApi } from '../protocol/messages/offset-fetch.ts';
import { produceApi } from '../protocol/messages/produce.ts';
import { syncGroupApi } from '../protocol/messages/sync-group.ts';

export interface SpokenApi<A extends ApiDescription = ApiDescription> {
  readonly api: A;
  readonly min: number;
  readonly max: number;
  /** What a broker below `min` lacks; part of the error message. */
  readonly reason: string;
}

function speak<A extends ApiDescription>(api: A, min: number, max: number, reason: string): SpokenApi<A> {
  return { api, min, max, reason };
}

export const metadata: SpokenApi<typeof metadataApi> = speak(metadataApi, 9, 12, 'leader epochs');
export const produce: SpokenApi<typeof produceApi> = speak(produceApi, 9, 13, 'errors per record');
export const fetch: SpokenApi<typeof fetchApi> = speak(fetchApi, 12, 16, 'the current leader in answers');
export const listOffsets: SpokenApi<typeof listOffsetsApi> = speak(listOffsetsApi, 2, 7, 'an explicit isolation');
export const findCoordinator: SpokenApi<typeof findCoordinatorApi> = speak(findCoordinatorApi, 1, 4, 'a key type');
export const joinGroup: SpokenApi<typeof joinGroupApi> = speak(joinGroupApi, 5, 9, 'static members');
export const syncGroup: SpokenApi<typeof syncGroupApi> = speak(syncGroupApi, 3, 5, 'static members');
export const heartbeat: SpokenApi<typeof heartbeatApi> = speak(heartbeatApi, 3, 4, 'static members');
export const leaveGroup: SpokenApi<typeof leaveGroupApi> = speak(leaveGroupApi, 3, 5, 'leaving by instance id');
export const offsetCommit: SpokenApi<typeof offsetCommitApi> = speak(offsetCommitApi, 8, 9, 'fencing of static members');
export const offsetFetch: SpokenApi<typeof offsetFetchApi> = speak(offsetFetchApi, 7, 9, 'stable offsets');
export const initProducerId: SpokenApi<typeof initProducerIdApi> = speak(initProducerIdApi, 4, 5, 'resuming a producer by its epoch');
export const createTopics: SpokenApi<typeof createTopicsApi> = speak(
  createTopicsApi,
  4,
  7,
  'default partition counts and replication factors',
);
export const deleteTopics: SpokenApi<typeof deleteTopicsApi> = speak(deleteTopicsApi, 1, 6, 'deleting topics');
export const describeConfigs: SpokenApi<typeof describeConfigsApi> = speak(describeConfigsApi, 1, 4, 'reading topic settings');
export const deleteRecords: SpokenApi<typeof deleteRecordsApi> = speak(deleteRecordsApi, 0, 2, 'deleting records');

/** Without these no application can run; they are checked on connecting. Deleting topics and records is asked for where it is used. */
export const neededApis: readonly SpokenApi[] = [
  metadata,
  produce,
  fetch,
  listOffsets,
  findCoordinator,
  joinGroup,
  syncGroup,
  heartbeat,
  leaveGroup,
  offsetCommit,
  offsetFetch,
  initProducerId,
  createTopics,
  describeConfigs,
];
