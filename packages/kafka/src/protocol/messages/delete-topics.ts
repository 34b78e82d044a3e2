/** DeleteTopics (20): deletes topics, from 6 on by id too. */
export const deleteTopicsApi = {
  key: 20,
  name: 'DeleteTopics',
  versions: [1, 6],
  flexibleFrom: 4,
  request: {
    topics: {
      since: 6,
      array: {
        name: { type: 'string', nullableSince: 6, default: null },
        topicId: 'uuid',
      },
    },
    topicNames: { array: 'string', until: 5, ignorable: true },
    timeoutMs: 'int32',
  },
  response: {
    throttleTimeMs: 'int32',
    responses: {
      array: {
        name: { type: 'string', nullableSince: 6 },
        topicId: { type: 'uuid', since: 6, ignorable: true },
        errorCode: 'int16',
        errorMessage: { type: 'string', since: 5, nullableSince: 5, default: null, ignorable: true },
      },
    },
  },
} as const;
