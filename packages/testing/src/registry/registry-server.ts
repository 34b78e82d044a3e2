/** A registry in memory behind the REST API that serializers of other languages speak, on the loopback interface alone. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AvroError, type SchemaReference, type SchemaText } from '@millrace/avro';
import type { CompatibilityLevel, MemorySchemaRegistry } from './memory-schema-registry.ts';

const contentType = 'application/vnd.schemaregistry.v1+json';
const maxBodyBytes = 4 * 1024 * 1024;

export class RegistryServer {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    // A server that listens on a port has an address of this form.
    const { port } = server.address() as AddressInfo;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** @param port 0 for a free one */
  static async start(registry: MemorySchemaRegistry, port: number = 0): Promise<RegistryServer> {
    const server = createServer((request, response) => {
      void answer(registry, request, response);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return new RegistryServer(server);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}

async function answer(registry: MemorySchemaRegistry, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let status = 200;
  let body: unknown;
  try {
    const text = await bodyOf(request);
    const path = new URL(request.url ?? '/', 'http://localhost').pathname.split('/').slice(1).map(decodeURIComponent);
    body = route(registry, request.method ?? 'GET', path, text === '' ? {} : (JSON.parse(text) as Record<string, unknown>));
    if (body === undefined) {
      status = 404;
      body = { error_code: 404, message: 'HTTP 404 Not Found' };
    }
  } catch (error) {
    status = error instanceof AvroError ? (error.details.status ?? 503) : 400;
    const code = error instanceof AvroError ? (error.details.registryCode ?? status) : status;
    body = { error_code: code, message: error instanceof AvroError ? error.text : String(error) };
  }
  response.writeHead(status, { 'content-type': contentType });
  response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new RangeError('the request is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Undefined where there is no such path. */
function route(registry: MemorySchemaRegistry, method: string, path: readonly string[], body: Readonly<Record<string, unknown>>): unknown {
  const [first, second, third, fourth] = path;
  const call = `${method} ${path.length} ${first}`;
  if (call === 'GET 1 subjects') return registry.subjects();
  if (call === 'GET 3 schemas' && second === 'ids') return registry.schema(Number(third));
  if (call === 'GET 2 schemas' && second === 'types') return ['AVRO'];
  if (call === 'GET 3 subjects' && third === 'versions') return registry.versions(second as string);
  if (call === 'GET 4 subjects' && third === 'versions')
    return registry.version(second as string, fourth === 'latest' ? 'latest' : Number(fourth));
  if (call === 'POST 2 subjects') return registry.lookUp(second as string, textOf(body));
  if (call === 'POST 3 subjects' && third === 'versions') return { id: registry.register(second as string, textOf(body)) };
  if (call === 'POST 5 compatibility') {
    const reason = registry.incompatibility(third as string, textOf(body));
    return { is_compatible: reason === undefined, messages: reason === undefined ? [] : [reason] };
  }
  if (first !== 'config' || path.length > 2) return undefined;
  if (method === 'GET') return { compatibilityLevel: registry.compatibility(second) };
  if (method !== 'PUT') return undefined;
  // A level that is none takes no schema at all, and says so.
  registry.setCompatibility(body['compatibility'] as CompatibilityLevel, second);
  return { compatibility: body['compatibility'] };
}

function textOf(body: Readonly<Record<string, unknown>>): SchemaText {
  const { references = [], schema } = body;
  if (typeof schema !== 'string' || !Array.isArray(references)) throw new TypeError('a schema as text is wanted');
  // Names that do not exist are refused when the schema is parsed.
  return { schema, references: references as SchemaReference[] };
}
