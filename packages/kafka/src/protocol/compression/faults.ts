/** The three ways in which compression fails, in the same words for every codec. */
import { ProtocolError } from '../protocol-error.ts';

export function unavailable(compression: string, remedy: string, cause?: unknown): ProtocolError {
  return new ProtocolError('MR_COMPRESSION_UNAVAILABLE', `${compression} is not available here: ${remedy}`, {
    details: { compression },
    cause,
  });
}

export function overLimit(compression: string, maxBytes: number, cause?: unknown): ProtocolError {
  return new ProtocolError('MR_COMPRESSION_LIMIT', `a ${compression} batch grows beyond ${maxBytes} bytes when it is decompressed`, {
    details: { compression, maxBytes },
    cause,
  });
}

export function corrupt(compression: string, what: string, cause?: unknown): ProtocolError {
  return new ProtocolError('MR_RECORDS_CORRUPT', `a ${compression} batch cannot be decompressed: ${what}`, {
    details: { compression },
    cause,
  });
}

/** What an error of a library says, for a message of ours. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
