/** JSON as a word to count or compare by: texts as they are. */
import type { Json } from '#cases/json';

export function plainText(json: Json | undefined): string {
  return typeof json === 'string' ? json : JSON.stringify(json ?? null);
}
