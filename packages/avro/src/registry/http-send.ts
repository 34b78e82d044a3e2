/** One HTTP request and its answer, by Node's fetch, or by `node:https` where certificates are given, which fetch takes from no option of its own. */
import { request as httpsRequest } from 'node:https';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

export type HttpSend = (request: HttpRequest) => Promise<HttpAnswer>;

/** PEM, or bytes of it. */
export interface TlsOptions {
  readonly ca?: string | Uint8Array | readonly string[] | undefined;
  readonly cert?: string | Uint8Array | undefined;
  readonly key?: string | Uint8Array | undefined;
  readonly passphrase?: string | undefined;
  /** Name that the certificate must have, if it is not the url's. */
  readonly servername?: string | undefined;
}

/** An answer larger than any schema would be: whoever answers is no registry. */
const maxAnswerBytes = 16 * 1024 * 1024;

export function sendByFetch(fetch: typeof globalThis.fetch): HttpSend {
  return async ({ body, headers, method, signal, url }) => {
    const response = await fetch(url, { method, headers, signal, redirect: 'follow', ...(body === undefined ? {} : { body }) });
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > maxAnswerBytes) throw tooLarge(url);
      chunks.push(chunk);
    }
    return { status: response.status, body: Buffer.concat(chunks).toString('utf8') };
  };
}

export function sendByTls(tls: TlsOptions): HttpSend {
  return ({ body, headers, method, signal, url }) =>
    new Promise((resolve, reject) => {
      const certificates = Object.fromEntries(
        Object.entries(tls).map(([name, value]) => [name, value instanceof Uint8Array ? Buffer.from(value) : value]),
      );
      const request = httpsRequest(url, { ...certificates, method, headers, signal }, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > maxAnswerBytes) response.destroy(tooLarge(url));
          chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }));
      });
      request.on('error', reject);
      request.end(body);
    });
}

function tooLarge(url: string): Error {
  return new Error(`${url} answered with more than ${maxAnswerBytes} bytes`);
}
