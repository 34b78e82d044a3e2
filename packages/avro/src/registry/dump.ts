/** Every version of every subject of a registry, to be loaded into one in memory, and to make types from. */
import type { NamedSchema } from '../schema/schema.ts';
import { catalogOf } from './schema-catalog.ts';
import type { SchemaRegistry, SchemaVersion } from './schema-registry.ts';

/** @param subjects all if left out */
export async function dumpRegistry(registry: SchemaRegistry, subjects?: readonly string[]): Promise<readonly SchemaVersion[]> {
  const dump: SchemaVersion[] = [];
  for (const subject of subjects ?? (await registry.subjects())) {
    for (const version of await registry.versions(subject)) dump.push(await registry.version(subject, version));
  }
  return dump;
}

/** The types that a version names and does not define. */
export async function referencedNames(registry: SchemaRegistry, { references }: SchemaVersion): Promise<ReadonlyMap<string, NamedSchema>> {
  const catalog = catalogOf(registry);
  const names = new Map<string, NamedSchema>();
  for (const { subject, version } of references) {
    for (const [name, schema] of (await catalog.version(subject, version)).names) names.set(name, schema);
  }
  return names;
}
