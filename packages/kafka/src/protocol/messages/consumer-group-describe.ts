/** ConsumerGroupDescribe (69): state and members of groups of KIP-848. */
export const consumerGroupDescribeApi = {
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    groupIds: { array: 'string' },
    includeAuthorizedOperations: 'boolean',
  },
  response: {
    throttleTimeMs: 'int32',
    groups: {
      array: {
        errorCode: 'int16',
        errorMessage: { type: 'string', nullableSince: 0, default: null },
        groupId: 'string',
        groupState: 'string',
        groupEpoch: 'int32',
        assignmentEpoch: 'int32',
        assignorName: 'string',
        members: {
          array: {
            memberId: 'string',
            instanceId: { type: 'string', nullableSince: 0, default: null },
            rackId: { type: 'string', nullableSince: 0, default: null },
            memberEpoch: 'int32',
            clientId: 'string',
            clientHost: 'string',
            subscribedTopicNames: { array: 'string' },
            subscribedTopicRegex: { type: 'string', nullableSince: 0, default: null },
            assignment: {
              struct: {
                topicPartitions: {
                  array: {
                    topicId: 'uuid',
                    topicName: 'string',
                    partitions: { array: 'int32' },
                  },
                },
              },
            },
            targetAssignment: {
              struct: {
                topicPartitions: {
                  array: {
                    topicId: 'uuid',
                    topicName: 'string',
                    partitions: { array: 'int32' },
                  },
                },
              },
            },
            memberType: { type: 'int8', since: 1, default: -1, ignorable: true },
          },
        },
        authorizedOperations: { type: 'int32', default: -2147483648 },
      },
    },
  },
} as const;
