/** What the bytes of a schema mean beyond how they are laid out, which the canonical form and the fingerprint leave out: 1234 is 12.34 with a scale of 2 and 0.1234 with one of 4. */
import { canonicalForm } from './canonical-form.ts';
import { isNamed, type Schema } from './schema.ts';

/** Of schemas with the same form and meaning either can stand for the other. */
export function meaningfulForm(schema: Schema): string {
  return `${canonicalForm(schema)} ${JSON.stringify(meanings(schema))}`;
}

/** A logical type that two schemas of one canonical form take differently; undefined where none does. A type that only one of them gives a meaning is no contradiction. */
export function findContradiction(a: Schema, b: Schema): string | undefined {
  const others = meanings(b);
  const index = meanings(a).findIndex((meaning, i) => meaning !== '' && others[i] !== '' && meaning !== others[i]);
  return index < 0 ? undefined : `${meanings(a)[index] ?? ''} and ${others[index] ?? ''}`;
}

/** In the order of the canonical form; empty text where there is no logical type. */
function meanings(schema: Schema): readonly string[] {
  const found: string[] = [];
  collect(schema, found, new Set());
  return found;
}

function collect(schema: Schema, found: string[], seen: Set<string>): void {
  if (isNamed(schema)) {
    if (seen.has(schema.name)) return;
    seen.add(schema.name);
  }
  const { logical } = schema;
  if (logical === undefined) found.push('');
  else found.push(logical.name === 'decimal' ? `decimal of scale ${logical.scale}` : logical.name);
  if (schema.type === 'array') collect(schema.items, found, seen);
  else if (schema.type === 'map') collect(schema.values, found, seen);
  else if (schema.type === 'union') for (const branch of schema.branches) collect(branch, found, seen);
  else if (schema.type === 'record') for (const field of schema.fields) collect(field.schema, found, seen);
}
