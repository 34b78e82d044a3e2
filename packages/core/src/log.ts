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

/** Warnings and errors on the console, one line each: what an application gets that brings no logger, so that nothing important is silent. */
export const consoleLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: (message, fields) => write('warn', message, fields),
  error: (message, fields) => write('error', message, fields),
};

function write(level: 'warn' | 'error', message: string, fields: LogFields | undefined): void {
  // oxlint allows the console nowhere else: this is the logger of those who have none.
  globalThis.console[level](fields === undefined ? `millrace: ${message}` : `millrace: ${message} ${JSON.stringify(fields, plain)}`);
}

/** Errors have no enumerable fields of their own. */
function plain(_key: string, value: unknown): unknown {
  return value instanceof Error ? value.message : typeof value === 'bigint' ? String(value) : value;
}
