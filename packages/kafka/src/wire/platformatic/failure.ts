/** What @platformatic/kafka throws, as the wire's errors: its errors are nested, so the whole chain of causes is looked at. */
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

const tlsCode = /^(ERR_(TLS|SSL|OSSL)|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO|INVALID_CA)/;

/** @param wasConnected false while the connection was being opened: then nothing was sent */
export function platformaticFailure(error: unknown, address: string, wasConnected: boolean): WireError {
  const chain = causesOf(error);
  const codes = chain.map((cause) => textAt(cause, 'code'));
  const kind = kindOf(codes);
  const texts: Partial<Record<WireErrorKind, string>> = {
    refused: `no connection to ${address}: check that a broker listens there`,
    authentication: `${address} refused the login: check the tls and sasl settings`,
    timeout: `${address} did not answer in time`,
  };
  const reason = chain.map((cause) => (cause instanceof Error ? cause.message : String(cause))).join(' ← ');
  return new WireError(kind, `${texts[kind] ?? `the connection to ${address} broke`} (${reason})`, {
    details: { address },
    cause: error,
    maybeSent: wasConnected,
  });
}

function kindOf(codes: readonly string[]): WireErrorKind {
  if (codes.some((code) => code === 'PLT_KFK_AUTHENTICATION' || tlsCode.test(code))) return 'authentication';
  if (codes.some((code) => refusedCodes.has(code))) return 'refused';
  if (codes.includes('PLT_KFK_TIMEOUT')) return 'timeout';
  return codes.includes('PLT_KFK_USER') ? 'configuration' : 'disconnected';
}

function causesOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (
    let cause = error;
    cause !== undefined && cause !== null && !chain.includes(cause);
    cause = cause instanceof Error ? cause.cause : undefined
  ) {
    chain.push(cause);
  }
  return chain;
}

function textAt(value: unknown, name: string): string {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return typeof found === 'string' ? found : '';
}
