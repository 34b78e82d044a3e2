/** Some operators do without serdes of their own and take the default ones, or miss them. */
import type { Json, JsonObject } from '#cases/json';
import { type Draft, sometimes } from './draft.ts';

/** Operators whose configuration object carries serdes. */
const carrying: ReadonlySet<Json | undefined> = new Set([
  'aggregate',
  'fkJoin',
  'globalTable',
  'groupBy',
  'groupByKey',
  'reduce',
  'repartition',
  'ssJoin',
  'stJoin',
  'stream',
  'table',
  'to',
  'toTable',
  'ttJoin',
]);

/** Defaults for text, left out now and then, and operators of text on both sides without serdes. */
export function withDefaultSerdes(draft: Draft): { readonly config: JsonObject; readonly topology: readonly JsonObject[] } {
  const { nodes, operators, random } = draft;
  const ofText = new Set<Json | undefined>(nodes.filter(({ key, value }) => key === 'utf8' && value === 'utf8').map(({ id }) => id));
  const bare = operators.map((operator) => {
    const ends = [operator['id'], operator['in'], operator['right']].filter((id) => id !== undefined);
    const fits = carrying.has(operator['op']) && ends.every((id) => ofText.has(id));
    return fits && random.chance(0.4) ? { ...operator, serdes: 'none' } : operator;
  });
  return {
    config: { ...sometimes(random, 0.93, () => ({ keySerde: 'utf8' })), ...sometimes(random, 0.93, () => ({ valueSerde: 'utf8' })) },
    topology: bare,
  };
}
