/** What the generator may use. A part of Millrace that is being built is switched off here or on the command line, and the rest goes on being compared. */

export const features = [
  'backward-reads-behind-caches',
  'cogroup',
  'dead-letters',
  'default-serdes',
  'dynamic-topics',
  'emit-final',
  'errors',
  'extractors',
  'fk-joins',
  'global-tables',
  'header-stores',
  'headers',
  'empty-prefixes',
  'internal-topics',
  'join-headers',
  'lru-caches',
  'misfits',
  'names',
  'nulls',
  'open-ranges-behind-caches',
  'optimize',
  'patterns',
  'processors',
  'reads',
  'sessions',
  'sliding-behind-small-caches',
  'small-caches-in-memory',
  'split',
  'stream-joins',
  'stream-table-joins',
  'suppliers',
  'suppress',
  'table-aggregates',
  'table-joins',
  'task-idle',
  'topics-between',
  'transform-values',
  'types',
  'versioned',
  'windows',
] as const;

export type Feature = (typeof features)[number];

/** Done otherwise on purpose (docs/differences.md): cases with them would say nothing new. */
const offByDefault: ReadonlySet<Feature> = new Set<Feature>([
  'backward-reads-behind-caches',
  'empty-prefixes',
  'open-ranges-behind-caches',
  'sliding-behind-small-caches',
]);

export type FeatureSet = ReadonlySet<Feature>;

export const defaultFeatures: FeatureSet = new Set(features.filter((feature) => !offByDefault.has(feature)));

/**
 * `name` adds to the defaults, `no-name` takes away, `only-name` starts from nothing but itself (several add up).
 *
 * @throws RangeError: no such feature
 */
export function featuresFrom(words: readonly string[]): FeatureSet {
  const only = words.filter((word) => word.startsWith('only-')).map((word) => word.slice('only-'.length));
  const chosen = new Set<Feature>(only.length > 0 ? only.map(featureNamed) : defaultFeatures);
  for (const word of words) {
    if (word.startsWith('only-')) continue;
    if (word.startsWith('no-')) chosen.delete(featureNamed(word.slice('no-'.length)));
    else chosen.add(featureNamed(word));
  }
  return chosen;
}

function featureNamed(word: string): Feature {
  const found = features.find((feature) => feature === word);
  if (found === undefined) throw new RangeError(`There is no feature ${word}: choose from ${features.join(', ')}.`);
  return found;
}
