/** A TCP server that answers ApiVersions and Metadata, and nothing else. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { FrameReader, joinFrame } from '../../src/protocol/frame.ts';
import { decodeRequestHeader, encodeResponseHeader } from '../../src/protocol/header.ts';
import { encodeResponse } from '../../src/protocol/message.ts';
import { apiVersionsApi } from '../../src/protocol/messages/api-versions.ts';
import { metadataApi } from '../../src/protocol/messages/metadata.ts';

export interface SmallBroker {
  readonly address: string;
  /** Client ids in the order in which requests came. */
  readonly clientIds: readonly (string | null)[];
  close(): Promise<void>;
}

const apis = [metadataApi, apiVersionsApi];

export async function startSmallBroker(): Promise<SmallBroker> {
  const sockets = new Set<Socket>();
  const clientIds: (string | null)[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    const frames = new FrameReader();
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      for (const frame of frames.push(chunk)) {
        const { apiKey, apiVersion, correlationId, clientId } = decodeRequestHeader(frame);
        clientIds.push(clientId);
        const api = apiKey === metadataApi.key ? metadataApi : apiVersionsApi;
        socket.write(joinFrame(encodeResponseHeader(api, apiVersion, correlationId), answer(apiKey, apiVersion)));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on a TCP port has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    clientIds,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function answer(apiKey: number, version: number): Uint8Array {
  if (apiKey === metadataApi.key) return encodeResponse(metadataApi, version, { brokers: [], topics: [] });
  const apiKeys = apis.map(({ key, versions: [minVersion, maxVersion] }) => ({ apiKey: key, minVersion, maxVersion }));
  return encodeResponse(apiVersionsApi, version, { errorCode: 0, apiKeys });
}
