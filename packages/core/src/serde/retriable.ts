/** Failures of serdes that say nothing of the bytes: who reads them lacks something for the moment, as a registry's answer. They have `retriable` true. */
export function mayBeReadLater(error: unknown): boolean {
  return error instanceof Error && 'retriable' in error && error.retriable === true;
}
