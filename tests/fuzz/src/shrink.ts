/** Makes a case that differs smaller, as long as it differs in the same way: fewer inputs, then fewer operators, then fewer options. */
import { arrayOf, isArray, isObject, type Json, type JsonObject, objectOf } from '#cases/json';
import { plainText } from './plain-text.ts';

/** Says which of these still differ, in order; the first true is taken. */
export type StillDiffers = (candidates: readonly JsonObject[]) => Promise<readonly boolean[]>;

/** How many candidates are tried at a time. */
const batchSize = 12;
/** Tries are bounded: what is left after so many is small enough for people. */
const mostBatches = 150;

export async function shrink(testCase: JsonObject, stillDiffers: StillDiffers): Promise<JsonObject> {
  let smallest = testCase;
  let isSmaller = false;
  let at = 0;
  for (let batches = 0; batches < mostBatches; batches++) {
    const candidates = smallerCases(smallest).slice(at, at + batchSize);
    if (candidates.length === 0) {
      // Once more from the start, where something has become possible.
      if (!isSmaller) break;
      isSmaller = false;
      at = 0;
      continue;
    }
    const named = candidates.map((candidate, index) => ({ ...candidate, id: `shrink-${batches}-${index}` }));
    const found = (await stillDiffers(named)).indexOf(true);
    const next = named[found];
    if (next === undefined) {
      at += batchSize;
    } else {
      // What comes at this place now leaves out the next thing.
      smallest = next;
      isSmaller = true;
      at += found;
    }
  }
  return smallest;
}

/** The next smaller cases, those that leave out most first. */
export function smallerCases(testCase: JsonObject): readonly JsonObject[] {
  const inputs = arrayOf(testCase['inputs'], 'inputs');
  const topology = arrayOf(testCase['topology'], 'topology').map((operator) => objectOf(operator, 'an operator'));
  const { expect: _expect, tags: _tags, ...bare } = testCase;
  return [
    ...withoutRuns(inputs).map((fewer) => ({ ...bare, inputs: fewer })),
    ...topologies(topology).map((fewer) => ({ ...bare, topology: fewer, inputs: readable(inputs, topology, fewer) })),
    ...configurations(testCase['config']).map((config) => ({ ...bare, config })),
    ...inputs.flatMap((input, at) => simplerInputs(input).map((simpler) => ({ ...bare, inputs: replaced(inputs, at, simpler) }))),
  ];
}

/** Without half of them, without a quarter … down to without one. */
function withoutRuns(items: readonly Json[]): readonly (readonly Json[])[] {
  const shorter: (readonly Json[])[] = [];
  for (let length = Math.ceil(items.length / 2); length >= 1; length = length === 1 ? 0 : Math.ceil(length / 2)) {
    for (let from = items.length - length; from >= 0; from -= length)
      shorter.push([...items.slice(0, from), ...items.slice(from + length)]);
  }
  return shorter;
}

function topologies(topology: readonly JsonObject[]): readonly (readonly JsonObject[])[] {
  const smaller: (readonly JsonObject[])[] = [];
  for (const [at, operator] of topology.entries()) {
    smaller.push(withoutDependents(topology, operator));
    const { id, in: from } = operator;
    // What came out of it comes from before it.
    if (typeof id === 'string' && typeof from === 'string')
      smaller.push(topology.filter((other) => other !== operator).map((other) => rewired(other, id, from)));
    for (const fewer of fewerFields(operator)) smaller.push(replaced(topology, at, fewer));
  }
  return smaller.filter((fewer) => fewer.length > 0).sort((one, other) => one.length - other.length);
}

function withoutDependents(topology: readonly JsonObject[], removed: JsonObject): readonly JsonObject[] {
  const gone = new Set<Json>(idsOf(removed));
  const left: JsonObject[] = [];
  for (const operator of topology) {
    if (operator === removed || inputsOf(operator).some((id) => gone.has(id))) for (const id of idsOf(operator)) gone.add(id);
    else left.push(operator);
  }
  return left;
}

/** Stores count by name: what is connected to one that is gone goes too. */
function idsOf(operator: JsonObject): readonly Json[] {
  const branches = [...(isArray(operator['branches']) ? operator['branches'] : []), operator['default'] ?? null];
  const mat = isObject(operator['mat']) ? operator['mat']['name'] : undefined;
  return [
    operator['id'],
    operator['op'] === 'store' ? `store ${plainText(operator['name'])}` : undefined,
    mat === undefined ? undefined : `store ${plainText(mat)}`,
    ...branches.map((branch) => (isObject(branch) ? branch['id'] : undefined)),
  ].filter((id) => id !== undefined);
}

function inputsOf(operator: JsonObject): readonly Json[] {
  const groups = isArray(operator['groups']) ? operator['groups'].map((group) => (isObject(group) ? group['in'] : undefined)) : [];
  const stores = isArray(operator['stores']) ? operator['stores'].map((name) => `store ${plainText(name)}`) : [];
  return [operator['in'], operator['right'], operator['with'], ...groups, ...stores].filter((id) => id !== undefined);
}

function rewired(operator: JsonObject, from: string, to: string): JsonObject {
  const changed: Record<string, Json | undefined> = { ...operator };
  for (const field of ['in', 'right', 'with']) if (changed[field] === from) changed[field] = to;
  const { groups } = operator;
  if (isArray(groups)) changed['groups'] = groups.map((group) => (isObject(group) && group['in'] === from ? { ...group, in: to } : group));
  return changed;
}

/** Fields that an operator can do without. */
const optional = [
  'name',
  'mat',
  'serdes',
  'withKey',
  'emit',
  'grace',
  'before',
  'after',
  'storeName',
  'store',
  'logging',
  'caching',
  'graceMs',
  'offsetReset',
  'timestampExtractor',
  'keyFormat',
  'maxRecords',
  'maxBytes',
  'full',
  'partitions',
  'default',
];

function fewerFields(operator: JsonObject): readonly JsonObject[] {
  const fewer = optional
    .filter((field) => operator[field] !== undefined && !(operator['op'] === 'store' && field === 'name'))
    .map((field) => without(operator, field));
  for (const nested of ['mat', 'window']) {
    const fields = operator[nested];
    if (!isObject(fields)) continue;
    for (const field of Object.keys(fields))
      if (field !== 'type' && !isNeeded(operator, field)) fewer.push({ ...operator, [nested]: without(fields, field) });
  }
  if (operator['joiner'] !== undefined && operator['joiner'] !== 'concat') fewer.push({ ...operator, joiner: 'concat' });
  if (isArray(operator['groups']) && operator['groups'].length > 1)
    for (let at = 0; at < operator['groups'].length; at++)
      fewer.push({ ...operator, groups: operator['groups'].filter((_, index) => index !== at) });
  return fewer;
}

/** A supplier without a name, and a global table's store without one, are faults of their own in Java. */
function isNeeded({ mat, op }: JsonObject, field: string): boolean {
  return field === 'name' && isObject(mat) && (op === 'globalTable' || mat['supplier'] !== undefined || mat['versionedMs'] !== undefined);
}

function configurations(config: Json | undefined): readonly JsonObject[] {
  return isObject(config)
    ? Object.keys(config)
        .filter((field) => field !== 'store')
        .map((field) => without(config, field))
    : [];
}

function simplerInputs(input: Json): readonly Json[] {
  return isObject(input) && input['h'] !== undefined ? [without(input, 'h')] : [];
}

/** Inputs whose topics nobody reads any more are an error: they go with their source. */
function readable(inputs: readonly Json[], before: readonly JsonObject[], after: readonly JsonObject[]): readonly Json[] {
  const topicsOf = (topology: readonly JsonObject[]): ReadonlySet<Json | undefined> =>
    new Set(topology.flatMap(({ op, topic, topics }) => (op === 'to' ? [] : [topic, ...(isArray(topics) ? topics : [])])));
  const [had, has] = [topicsOf(before), topicsOf(after)];
  return inputs.filter((input) => !isObject(input) || input['t'] === undefined || has.has(input['t']) || !had.has(input['t']));
}

function without(fields: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => field !== name));
}

function replaced<T>(items: readonly T[], at: number, item: T): readonly T[] {
  return items.map((other, index) => (index === at ? item : other));
}
