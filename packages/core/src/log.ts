/** Logging as a port, silent unless the user gives one. Fields are plain data, so that any logger can take them. */

export type LogFields = Readonly<Record<string, unknown>>;

/** The methods that pino, winston and console share. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const nothing = (): void => {};

export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
