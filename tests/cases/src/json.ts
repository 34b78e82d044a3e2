/** JSON of case files, read with errors that say what was expected. A malformed case is an error of its author, not of Millrace. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: Json | undefined;
}

/** The case itself is wrong, or uses a word that the format does not have. */
export class CaseFormatError extends Error {
  override readonly name = 'CaseFormatError';
}

export function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

export function isArray(json: Json | undefined): json is readonly Json[] {
  return Array.isArray(json);
}

export function objectOf(json: Json | undefined, what: string): JsonObject {
  if (isObject(json)) return json;
  throw new CaseFormatError(`${what} should be an object: ${JSON.stringify(json)}`);
}

export function arrayOf(json: Json | undefined, what: string): readonly Json[] {
  if (isArray(json)) return json;
  throw new CaseFormatError(`${what} should be an array: ${JSON.stringify(json)}`);
}

export function textOf(json: Json | undefined, what: string): string {
  if (typeof json === 'string') return json;
  throw new CaseFormatError(`${what} should be text: ${JSON.stringify(json)}`);
}

export function numberOf(json: Json | undefined, what: string): number {
  if (typeof json === 'number') return json;
  throw new CaseFormatError(`${what} should be a number: ${JSON.stringify(json)}`);
}

export function textsOf(json: Json | undefined, what: string): readonly string[] {
  return arrayOf(json, what).map((item) => textOf(item, what));
}
