/** FindCoordinator (10): the broker that coordinates a group (key type 0) or a transactional id (1). Several keys from 4 on. */
export const findCoordinatorApi = {
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 6],
  flexibleFrom: 3,
  request: {
    key: { type: 'string', until: 3 },
    keyType: { type: 'int8', since: 1, default: 0 },
    coordinatorKeys: { array: 'string', since: 4 },
  },
  response: {
    throttleTimeMs: { type: 'int32', since: 1, ignorable: true },
    errorCode: { type: 'int16', until: 3 },
    errorMessage: { type: 'string', since: 1, until: 3, nullableSince: 1, ignorable: true },
    nodeId: { type: 'int32', until: 3 },
    host: { type: 'string', until: 3 },
    port: { type: 'int32', until: 3 },
    coordinators: {
      since: 4,
      array: {
        key: 'string',
        nodeId: 'int32',
        host: 'string',
        port: 'int32',
        errorCode: 'int16',
        errorMessage: { type: 'string', nullableSince: 4 },
      },
    },
  },
} as const;
