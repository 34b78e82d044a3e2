/** What kafkajs throws, as the wire's errors. */
import { WireError, type WireErrorKind } from '../wire-error.ts';

const refusedCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
]);

// Not ILLEGAL_SASL_STATE: a renewal that came too soon says nothing about the password, and a new connection logs in again.
const authenticationTypes: ReadonlySet<string> = new Set(['SASL_AUTHENTICATION_FAILED', 'UNSUPPORTED_SASL_MECHANISM', 'SECURITY_DISABLED']);

const tlsCode = /^(ERR_(TLS|SSL|OSSL)|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO|INVALID_CA)/;

/** @param wasConnected false while the connection was being opened: then nothing was sent */
export function kafkajsFailure(error: unknown, address: string, wasConnected: boolean): WireError {
  const { name, code, type, message } = factsOf(error);
  const kind = kindOf(name, code, type, message, wasConnected);
  const texts: Partial<Record<WireErrorKind, string>> = {
    refused: `no connection to ${address}: check that a broker listens there`,
    authentication: `${address} refused the login: check the ssl and sasl settings`,
    timeout: `${address} did not answer in time`,
    disconnected: `the connection to ${address} broke`,
  };
  return new WireError(kind, `${texts[kind] ?? `no connection to ${address}`} (${message})`, {
    details: { address },
    cause: error,
    maybeSent: wasConnected,
  });
}

function kindOf(name: string, code: string, type: string, message: string, wasConnected: boolean): WireErrorKind {
  if (name === 'KafkaJSSASLAuthenticationError' || authenticationTypes.has(type) || tlsCode.test(code)) return 'authentication';
  if (refusedCodes.has(code)) return 'refused';
  if (name === 'KafkaJSRequestTimeoutError' || message.includes('Connection timeout')) return 'timeout';
  if (name.startsWith('KafkaJSConnection') || wasConnected) return 'disconnected';
  return name === 'KafkaJSNonRetriableError' ? 'configuration' : 'disconnected';
}

function factsOf(error: unknown): { readonly name: string; readonly code: string; readonly type: string; readonly message: string } {
  if (!(error instanceof Error)) return { name: '', code: '', type: '', message: String(error) };
  const text = (name: string): string => {
    const value: unknown = Reflect.get(error, name);
    return typeof value === 'string' ? value : '';
  };
  return { name: error.name, code: text('code'), type: text('type'), message: error.message };
}
