/**
 * What JavaScript may pass to a backend where the types say otherwise. A misspelt `directory` would be no directory, and a misspelt `memoryBytes` be overlooked: both
 * are refused where they are given, before anything is opened.
 */
import { StateError } from './errors.ts';

/** Says what is wrong with a value, which is never undefined; undefined if it is right. */
export type BackendOptionCheck = (value: unknown) => string | undefined;

export const isFunction: BackendOptionCheck = (value) => (typeof value === 'function' ? undefined : 'must be a function');

/**
 * @param backend for errors, such as `rocksdb`
 * @param required the option without which there is no backend
 * @throws MR_CONFIG_INVALID
 */
export function checkBackendOptions<T>(
  backend: string,
  options: T,
  checks: { readonly [N in keyof Required<T>]: BackendOptionCheck },
  required?: keyof T & string,
): void {
  const names = Object.keys(checks);
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalid(backend, required ?? '', `${backend}() must be given an object with some of ${names.join(', ')}, got ${shown(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    // Any name may stand there; one that is no option has no check.
    const check = Object.hasOwn(checks, name) ? checks[name as keyof T] : undefined;
    if (check === undefined)
      throw invalid(backend, name, `there is no option ${name} of ${backend}(). The options are ${names.join(', ')}`);
    const wrong = check(value);
    if (wrong !== undefined) throw invalid(backend, name, `option ${name} of ${backend}() ${wrong}, got ${shown(value)}`);
  }
  if (required !== undefined && options[required] === undefined) {
    throw invalid(backend, required, `${backend}() needs the option ${required}`);
  }
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

function invalid(backend: string, option: string, message: string): StateError {
  return new StateError('MR_CONFIG_INVALID', message, { details: { backend, option } });
}
