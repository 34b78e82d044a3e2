/** ApiVersions: what is served here, and only that, so that clients refuse cleanly what is not emulated. */
import { apiVersionsApi, brokerErrorCodes, type RequestOf, type ResponseInputOf } from '@millrace/kafka/protocol';
import { requestHandler, type RequestHandler } from './request-handler.ts';

/** @param served all handlers, this one included; a function, since the table of them needs this handler */
export function apiVersions(served: () => readonly RequestHandler[]): RequestHandler {
  return requestHandler(apiVersionsApi, [0, 4], (request, { version }) => ({
    ...apiVersionsAnswer(served()),
    errorCode: faultOf(request, version),
  }));
}

/** Kafka refuses nameless software from 3 on. */
function faultOf({ clientSoftwareName, clientSoftwareVersion }: RequestOf<typeof apiVersionsApi>, version: number): number {
  const isName = (text: string): boolean => /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?$/.test(text);
  return version < 3 || (isName(clientSoftwareName) && isName(clientSoftwareVersion))
    ? brokerErrorCodes.NONE
    : brokerErrorCodes.INVALID_REQUEST;
}

export function apiVersionsAnswer(served: readonly RequestHandler[]): ResponseInputOf<typeof apiVersionsApi> {
  const apiKeys = served.map(({ api, versions, advertisedMin }) => ({
    apiKey: api.key,
    minVersion: advertisedMin,
    maxVersion: versions[1],
  }));
  return { errorCode: brokerErrorCodes.NONE, apiKeys: apiKeys.sort((a, b) => a.apiKey - b.apiKey), finalizedFeaturesEpoch: 0 };
}

/** The answer to a version that is not known, in version 0, which every client reads. */
export function unknownApiVersionsAnswer(served: readonly RequestHandler[]): ResponseInputOf<typeof apiVersionsApi> {
  return { ...apiVersionsAnswer(served), errorCode: brokerErrorCodes.UNSUPPORTED_VERSION };
}
