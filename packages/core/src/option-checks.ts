/**
 * What JavaScript may pass where the types say otherwise: an option of another name, a word of no closed list, a serde that was not made. Such an option would be
 * overlooked and the results would be others, so it is refused where it is given.
 */
import { type ErrorCode, type ErrorDetails, StreamsError } from './errors.ts';

/** @throws MR_ARGUMENT_INVALID unless the value is what the option takes. It is never undefined. */
export type OptionCheck = (value: unknown, what: string) => void;

/** A check for every option of an object of options: the compiler sees to it that none is forgotten. */
export type OptionChecks<T> = { readonly [N in keyof Required<T>]: OptionCheck };

/**
 * Refuses options that there are not, with the one that was likely meant, and what an option cannot be.
 *
 * @param what has the options, for errors: `count`, `the store "totals"`
 * @throws MR_ARGUMENT_INVALID
 */
export function checkOptions(options: unknown, checks: Readonly<Record<string, OptionCheck>>, what: string): void {
  if (!isObject(options)) {
    throw refused(`the options of ${what} must be an object with some of ${Object.keys(checks).join(', ')}, got ${shown(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) throw unknownOption(name, Object.keys(checks), what);
    check(value, `${name} of ${what}`);
  }
}

/**
 * As {@link checkOptions}, of a configuration whose values are checked where they are read.
 *
 * @param names every option that there is
 * @throws MR_CONFIG_INVALID
 */
export function checkOptionNames(options: unknown, names: readonly string[], what: string): void {
  if (!isObject(options)) {
    throw new StreamsError(
      'MR_CONFIG_INVALID',
      `the options of ${what} must be an object with some of ${names.join(', ')}, got ${shown(options)}`,
    );
  }
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !names.includes(name)) throw unknownOption(name, names, what, 'MR_CONFIG_INVALID', { option: name });
  }
}

function unknownOption(name: string, names: readonly string[], what: string, code?: ErrorCode, details?: ErrorDetails): StreamsError {
  const near = nearest(name, names);
  const remedy = near === undefined ? `The options are ${names.join(', ')}` : `Did you mean ${near}?`;
  return new StreamsError(code ?? 'MR_ARGUMENT_INVALID', `there is no option ${name} of ${what}. ${remedy}`, { details });
}

/** @throws MR_ARGUMENT_INVALID for a value that is not in the closed list. */
export function checkOneOf(value: unknown, allowed: readonly string[], what: string): void {
  if (typeof value === 'string' && allowed.includes(value)) return;
  const near = typeof value === 'string' ? nearest(value, allowed) : undefined;
  const remedy = near === undefined ? '' : `. Did you mean '${near}'?`;
  throw refused(`${what} must be ${allowed.map((word) => `'${word}'`).join(' or ')}, got ${shown(value)}${remedy}`);
}

/** A word of a closed list. */
export function oneOf(...allowed: readonly string[]): OptionCheck {
  return (value, what) => checkOneOf(value, allowed, what);
}

/** Whatever reads the option checks it. */
export const checkedElsewhere: OptionCheck = () => undefined;

export const isText: OptionCheck = (value, what) => {
  if (typeof value !== 'string') throw refused(`${what} must be text, got ${shown(value)}`);
};

export const isFlag: OptionCheck = (value, what) => {
  if (typeof value !== 'boolean') throw refused(`${what} must be true or false, got ${shown(value)}`);
};

export const isFunction: OptionCheck = (value, what) => {
  if (typeof value !== 'function') throw refused(`${what} must be a function, got ${shown(value)}`);
};

export const isSerde: OptionCheck = (value, what) => {
  if (isObject(value) && typeof value['decode'] === 'function' && typeof value['encodeInto'] === 'function') return;
  const remedy = typeof value === 'function' ? 'call the function, as in serdes.string()' : 'give one, such as serdes.string()';
  throw refused(`${what} must be a serde, got ${shown(value)}: ${remedy}`);
};

/** True, false, or the configuration of a topic. */
export const isLogging: OptionCheck = (value, what) => {
  if (typeof value === 'boolean') return;
  if (isTopicConfiguration(value)) return;
  throw refused(`${what} must be true, false or the configuration of a topic, with text for every setting, got ${shown(value)}`);
};

/** Settings of a topic, each as text. */
export function isTopicConfiguration(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && !Array.isArray(value) && Object.values(value).every((setting) => typeof setting === 'string');
}

/** A value in an error: short, and never the cause of another error. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return value.name === '' ? 'a function' : `the function ${value.name}`;
  if (Array.isArray(value)) return 'an array';
  if (isObject(value)) return 'an object';
  return String(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function refused(message: string): StreamsError {
  return new StreamsError('MR_ARGUMENT_INVALID', message);
}

/** The name that was likely meant: one that the given one continues (`valueSerde`), differs from in letter case or marks (`STREAM_TIME`), or in two letters at most. */
function nearest(given: string, names: readonly string[]): string | undefined {
  const plain = lettersOf(given);
  const continued = names.find((name) => name.length > 2 && plain.startsWith(lettersOf(name)));
  if (continued !== undefined) return continued;
  const distances = names.map((name) => ({ name, distance: editDistance(plain, lettersOf(name)) }));
  const best = distances.toSorted((a, b) => a.distance - b.distance)[0];
  return best !== undefined && best.distance <= Math.min(2, best.name.length - 1) ? best.name : undefined;
}

function lettersOf(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** How many letters must be put in, taken out or changed; Levenshtein's, a row at a time. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(changed, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    above = row;
  }
  return above[b.length] ?? 0;
}
