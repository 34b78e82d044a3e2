/**
 * Foreign-key joins of a table with itself, or with what comes from the same record: the key goes one way, the row another, and which of them arrives first is the brokers' choice. It is
 * not only one of two orders of tasks, so that trying these does not show it.
 */
import { isArray, isObject, type Json, type JsonObject } from '#cases/json';

export function joinsOwnAncestry(topology: readonly JsonObject[]): boolean {
  const sources = new Map<Json | undefined, ReadonlySet<Json>>();
  for (const fields of topology) {
    const { id, in: left, op, right } = fields;
    if (op === 'fkJoin' && shareAny(sources.get(left), sources.get(right))) return true;
    const parents = parentsOf(fields);
    const own = typeof id === 'string' && parents.length === 0 ? [id] : [];
    if (id !== undefined) sources.set(id, new Set([...own, ...parents.flatMap((parent) => [...(sources.get(parent) ?? [])])]));
  }
  return false;
}

function parentsOf(fields: JsonObject): readonly Json[] {
  const groups = isArray(fields['groups']) ? fields['groups'].map((group) => (isObject(group) ? group['in'] : undefined)) : [];
  return [fields['in'], fields['right'], fields['with'], ...groups].filter((parent) => typeof parent === 'string');
}

function shareAny(one: ReadonlySet<Json> = new Set(), other: ReadonlySet<Json> = new Set()): boolean {
  return [...one].some((source) => other.has(source));
}
