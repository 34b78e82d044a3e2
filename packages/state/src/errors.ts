/** Errors of state: one class, a closed list of codes, shared in shape with the errors of core (`code`, `details`, `cause`). */

/** Every code that this package throws. */
export const stateErrorCodes = [
  'MR_CONFIG_INVALID',
  'MR_STATE_CLOSED',
  'MR_STATE_CORRUPT',
  'MR_STATE_DIRECTORY_LOCKED',
  'MR_STATE_DIRECTORY_UNWRITABLE',
  'MR_STATE_DISK_FULL',
  'MR_STATE_ENGINE_MISMATCH',
  'MR_STATE_ENGINE_UNAVAILABLE',
  'MR_STATE_FORMAT_UNKNOWN',
  'MR_STATE_IO',
  'MR_STATE_MISUSE',
  'MR_STATE_NAME_UNSAFE',
] as const;

export type StateErrorCode = (typeof stateErrorCodes)[number];

/** State could not be opened, read or written. `details` tells where (`directory`, `taskId`, `engine`), the message tells the remedy. */
export class StateError extends Error {
  override readonly name = 'StateError';
  readonly code: StateErrorCode;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(
    code: StateErrorCode,
    message: string,
    options: { readonly details?: Readonly<Record<string, string | number>>; readonly cause?: unknown } = {},
  ) {
    super(`${code}: ${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}
