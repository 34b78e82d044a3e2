/** GetTelemetrySubscriptions (71): the metrics that a broker wants of its clients (KIP-714). */
export const getTelemetrySubscriptionsApi = {
  key: 71,
  name: 'GetTelemetrySubscriptions',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    clientInstanceId: 'uuid',
  },
  response: {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    clientInstanceId: 'uuid',
    subscriptionId: 'int32',
    acceptedCompressionTypes: { array: 'int8' },
    pushIntervalMs: 'int32',
    telemetryMaxBytes: 'int32',
    deltaTemporality: 'boolean',
    requestedMetrics: { array: 'string' },
  },
} as const;
