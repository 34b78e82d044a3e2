/** Every request that is served. What is not in this table is not emulated: the README lists it. */
import { apiVersions } from './api-versions.ts';
import { createTopics } from './create-topics.ts';
import { fetch } from './fetch.ts';
import { listOffsets } from './list-offsets.ts';
import { metadata } from './metadata.ts';
import { produce } from './produce.ts';
import type { RequestHandler } from './request-handler.ts';

export const requestHandlers: readonly RequestHandler[] = [
  produce,
  fetch,
  listOffsets,
  metadata,
  apiVersions(() => requestHandlers),
  createTopics,
];
