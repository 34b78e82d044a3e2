/** Counts what generated cases have in them: operators and their options, stores, windows, handlers, and inputs right at the times where something changes. */
import { arrayOf, isArray, isObject, type Json, type JsonObject, objectOf } from '#cases/json';
import { segmentMs, timeEdges } from './time-edges.ts';
import { plainText } from './plain-text.ts';

/** How many cases have a thing in them, by its name. */
export class Coverage {
  readonly #counts = new Map<string, number>();
  #cases = 0;

  add(testCase: JsonObject): void {
    this.#cases++;
    for (const thing of thingsIn(testCase)) this.#counts.set(thing, (this.#counts.get(thing) ?? 0) + 1);
  }

  count(thing: string): number {
    return this.#counts.get(thing) ?? 0;
  }

  /** Sorted by name. */
  entries(): readonly (readonly [thing: string, cases: number])[] {
    return [...this.#counts].sort(([one], [other]) => (one < other ? -1 : 1));
  }

  get cases(): number {
    return this.#cases;
  }
}

/** Fields whose values are few and decide something: each value counts by itself. */
const byValue: ReadonlySet<string> = new Set([
  'kind',
  'until',
  'full',
  'store',
  'emit',
  'supplier',
  'caching',
  'logging',
  'keyFormat',
  'timestampExtractor',
  'offsetReset',
  'retainDuplicates',
  'time',
  'key',
  'value',
]);
/** Fields that say where or what it is called, not what it does. */
const skipped: ReadonlySet<string> = new Set(['id', 'in', 'right', 'with', 'topic', 'op']);

export function thingsIn(testCase: JsonObject): ReadonlySet<string> {
  const things = new Set<string>();
  for (const [name, value] of Object.entries(objectOf(testCase['config'] ?? {}, 'config')))
    things.add(`config ${name}=${JSON.stringify(value)}`);
  const topology = arrayOf(testCase['topology'], 'topology').map((operator) => objectOf(operator, 'an operator'));
  for (const operator of topology) operatorThings(things, operator);
  inputThings(things, topology, arrayOf(testCase['inputs'], 'inputs'));
  return things;
}

function operatorThings(things: Set<string>, operator: JsonObject): void {
  const op = plainText(operator['op']);
  things.add(op);
  for (const [field, value] of Object.entries(operator)) {
    if (skipped.has(field) || value === undefined) continue;
    if (field === 'mat' && isObject(value)) {
      for (const [option, chosen] of Object.entries(value)) things.add(`${op} mat.${option}${valueOf(option, chosen)}`);
    } else if (field === 'window' && isObject(value)) {
      for (const option of Object.keys(value)) if (option !== 'type') things.add(`window ${plainText(value['type'])} ${option}`);
      things.add(`window ${plainText(value['type'])}`);
    } else if (field === 'processor' && isObject(value)) {
      things.add(`processor ${plainText(value['name'])}`);
      for (const [option, chosen] of Object.entries(value))
        if (option !== 'name' && option !== 'store')
          things.add(`processor ${plainText(value['name'])} ${option}${valueOf(option, chosen)}`);
    } else {
      things.add(`${op} ${field}${valueOf(field, value)}`);
    }
  }
  functionThings(things, operator);
}

function valueOf(field: string, value: Json | undefined): string {
  return byValue.has(field) && (typeof value === 'string' || typeof value === 'boolean') ? `=${String(value)}` : '';
}

/** Every function of the vocabulary that stands anywhere in the operator. */
function functionThings(things: Set<string>, operator: JsonObject): void {
  for (const field of ['pred', 'fn', 'by', 'each', 'agg', 'add', 'sub', 'merger', 'joiner', 'topicBy', 'key', 'value'] as const) {
    if (operator['op'] === 'store') continue;
    walk(operator[field], (name) => things.add(`function ${name}`));
  }
  if (isArray(operator['groups']))
    for (const group of operator['groups']) if (isObject(group)) walk(group['agg'], (name) => things.add(`function ${name}`));
}

function walk(spec: Json | undefined, visit: (name: string) => void): void {
  if (typeof spec === 'string') visit(spec);
  else if (isArray(spec)) {
    if (typeof spec[0] === 'string') visit(spec[0]);
    for (const argument of spec.slice(1))
      if (isArray(argument) || (typeof argument === 'string' && /^[a-z]+([A-Z0-9][a-zA-Z0-9]*)*$/.test(argument) && argument.length > 2))
        walk(argument, visit);
  }
}

function inputThings(things: Set<string>, topology: readonly JsonObject[], inputs: readonly Json[]): void {
  const edges = timeEdges(topology);
  let streamTimeMs = -1;
  for (const input of inputs) {
    if (!isObject(input)) continue;
    if (input['read'] !== undefined) things.add(`read ${plainText(input['op'])}`);
    else if (input['advanceWallMs'] !== undefined) things.add('wall clock');
    else {
      const timestampMs = Number(input['ts']);
      if (input['k'] === null) things.add('null key');
      if (input['v'] === null) things.add('null value');
      if (input['h'] !== undefined) things.add('headers');
      if (timestampMs < streamTimeMs) things.add('late record');
      if (timestampMs === streamTimeMs) things.add('equal timestamps');
      for (const { ms, what } of edges) {
        for (const beside of [-1, 0, 1]) {
          if (streamTimeMs >= 0 && streamTimeMs - timestampMs === ms + beside) things.add(`time ${what} late ${signed(beside)}`);
          if (streamTimeMs >= 0 && timestampMs - streamTimeMs === ms + beside) things.add(`time ${what} ahead ${signed(beside)}`);
        }
        if (what.endsWith('segment') && ms >= segmentMs(0)) boundaryThings(things, what, timestampMs, ms);
        if (what.endsWith('advance') || what === 'time size') boundaryThings(things, what, timestampMs, ms);
      }
      streamTimeMs = Math.max(streamTimeMs, timestampMs);
    }
  }
}

function boundaryThings(things: Set<string>, what: string, timestampMs: number, stepMs: number): void {
  if (stepMs < 3 || timestampMs === 0) return;
  const beside = timestampMs % stepMs;
  if (beside === 0 || beside === 1) things.add(`time ${what} boundary ${signed(beside)}`);
  if (beside === stepMs - 1) things.add(`time ${what} boundary -1`);
}

function signed(beside: number): string {
  return beside > 0 ? `+${beside}` : String(beside);
}
