/**
 * Errors of Millrace as Java names them. Cases tell errors apart by the class that Java throws; Millrace by code. The table is the whole translation: a code that is not in it
 * shows under its own name, so that a case cannot pass by accident.
 */
import { StreamsError, type ErrorCode } from '@millrace/core';
import type { ExpectedError } from './case.ts';

/** Java class by code. `TopologyException` and `IllegalArgumentException` are the caller's mistakes, `StreamsException` wraps whatever fails at start and at run. */
const javaClasses: Readonly<Partial<Record<ErrorCode, string>>> = {
  MR_ARGUMENT_INVALID: 'IllegalArgumentException',
  MR_BUFFER_FULL: 'StreamsException',
  MR_CONFIG_INVALID: 'ConfigException',
  MR_COPARTITION_MISMATCH: 'TopologyException',
  MR_DESERIALIZATION: 'StreamsException',
  MR_NULL_RESULT: 'StreamsException',
  MR_OPTIMIZATION_IMPOSSIBLE: 'StreamsException',
  MR_PROCESSING: 'StreamsException',
  MR_PRODUCTION: 'StreamsException',
  MR_SERDE_MISSING: 'StreamsException',
  MR_SERIALIZATION: 'StreamsException',
  MR_STORE_UNAVAILABLE: 'StreamsException',
  MR_TIMESTAMP_INVALID: 'StreamsException',
  MR_TOPIC_UNKNOWN: 'IllegalArgumentException',
  MR_TOPOLOGY_INVALID: 'TopologyException',
};

/** An error as a case notes it, with the text for people. */
export interface ActualError extends ExpectedError {
  readonly message: string;
}

export type Phase = 'build' | 'start' | 'run';

/** Millrace refuses a missing serde when the topology is built, Java when the application starts: the one code whose phase is translated. */
export function errorOf(error: unknown, phase: Phase, step?: number): ActualError {
  const message = error instanceof Error ? messageOf(error) : String(error);
  if (!(error instanceof StreamsError)) return { phase, step, class: error instanceof Error ? error.name : typeof error, message };
  // A processor that fails while a record cache is flushed: Java blames the store.
  const flushing = error.code === 'MR_PROCESSING' && error.details.store !== undefined;
  const javaClass = flushing ? 'ProcessorStateException' : (javaClasses[error.code] ?? error.code);
  return { phase: error.code === 'MR_SERDE_MISSING' ? 'start' : phase, step, class: javaClass, message };
}

function messageOf(error: Error): string {
  const cause = error.cause instanceof Error ? ` <- ${messageOf(error.cause)}` : '';
  return error.message + cause;
}
