/** Grouping and aggregating streams: plain, in windows, in sessions, cogrouped. */
import { aggregatorOf } from '#cases/functions/aggregators';
import { selectorOf } from '#cases/functions/selectors';
import type { Json, JsonObject } from '#cases/json';
import type { ValueType } from '#cases/value-type';
import { type Draft, type DraftNode, isWindowed } from './draft.ts';
import { aggregator, initial, keySelector, merger, reducer, untextualReducer } from './functions.ts';
import { type Materialization, materialized, materializedWindows } from './materialized.ts';
import { madeUpWindow } from './windows.ts';

/** One to a few results of one grouped stream. */
export function aggregateStream(draft: Draft): boolean {
  const { random } = draft;
  const grouped = random.chance(0.1) ? (draft.take('groupedStream') ?? group(draft)) : group(draft);
  if (grouped === undefined) return false;
  if (isWindowing(draft)) return aggregateWindows(draft, grouped);
  aggregate(draft, grouped, undefined);
  return true;
}

function isWindowing(draft: Draft): boolean {
  return (draft.has('windows') || draft.has('sessions')) && draft.random.chance(0.65);
}

/** Groups a stream by its key or by another. */
function group(draft: Draft, fits: (node: DraftNode) => boolean = () => true): DraftNode | undefined {
  const { random } = draft;
  const from = draft.take('stream', (node) => fits(node));
  if (from === undefined) return undefined;
  // A windowed key has no serde that an internal topic could use with plain ones.
  if (random.chance(0.5) && !isWindowed(from.key))
    return draft.add({ op: 'groupByKey', in: from.id, ...draft.name() }, { kind: 'groupedStream', key: from.key, value: from.value });
  const by = keySelector(draft, from.key);
  const key = selectorOf(by).type(from.key, from.value);
  return draft.add({ op: 'groupBy', in: from.id, by, ...draft.name() }, { kind: 'groupedStream', key, value: from.value });
}

function aggregateWindows(draft: Draft, grouped: DraftNode): boolean {
  const { random } = draft;
  const made = madeUpWindow(draft);
  if (made === undefined) return false;
  const canEmit = made.facts.type !== 'unlimited' && draft.has('emit-final') && random.chance(0.35);
  const emit = canEmit ? random.pick(['onWindowClose', 'onWindowClose', 'onWindowClose', 'onWindowUpdate']) : undefined;
  const windowed = draft.add(
    { op: 'windowedBy', in: grouped.id, window: made.json, ...(emit === undefined ? {} : { emit }) },
    { kind: 'windowed', key: grouped.key, value: grouped.value, window: made.facts, final: emit === 'onWindowClose' },
  );
  aggregate(draft, windowed, made.type);
  if (random.chance(0.08)) aggregate(draft, windowed, made.type);
  return true;
}

/** `windowedType`: the base of the key comes from the node. */
function aggregate(draft: Draft, from: DraftNode, sizeMs: number | 'session' | undefined): DraftNode {
  const { random } = draft;
  const mat = (): Materialization =>
    from.window === undefined
      ? materialized(draft, from.key, { versions: true })
      : materializedWindows(draft, from.key, from.window, from.final);
  const result = (fields: JsonObject, value: ValueType, { store, versionedMs, fields: matFields }: Materialization): DraftNode => {
    // What is grouped has a plain key.
    const key: ValueType = sizeMs === undefined ? from.key : { base: from.key as 'utf8', sizeMs };
    return draft.add(
      { ...fields, in: from.id, ...draft.name(), ...matFields },
      {
        kind: 'table',
        key,
        value,
        store: from.window === undefined ? store : undefined,
        versionedMs,
        window: from.window,
        final: from.final,
      },
    );
  };
  const way = random.weighted([
    [3, 'count'],
    [3, 'reduce'],
    [5, 'aggregate'],
  ] as const);
  if (way === 'count') return result({ op: 'count' }, 'i64', mat());
  const isText = from.value === 'utf8';
  if (way === 'reduce') {
    const fn = isText ? reducer(draft) : untextualReducer(draft, from.value);
    return result({ op: 'reduce', fn }, from.value, mat());
  }
  const agg = aggregator(draft);
  const value = aggregatorOf(agg).type(from.value);
  const merging = sizeMs === 'session' ? { merger: merger(draft, value) } : {};
  return result({ op: 'aggregate', agg, init: initial(draft, value), ...merging }, value, mat());
}

/** Several grouped streams with keys of one type into one aggregate. */
export function cogroupStreams(draft: Draft): boolean {
  const { random } = draft;
  if (!draft.has('cogroup')) return false;
  const first = group(draft);
  if (first === undefined) return false;
  const agg = aggregator(draft);
  const value = aggregatorOf(agg).type(first.value);
  const groups: Json[] = [{ in: first.id, agg }];
  for (let more = random.int(0, 2); more > 0; more--) {
    const other = group(draft, ({ id }) => id !== first.id);
    if (other === undefined || other.key !== first.key) continue;
    const otherAgg = [aggregator(draft), agg].find((candidate) => aggregatorOf(candidate).type(other.value) === value);
    if (otherAgg !== undefined) groups.push({ in: other.id, agg: otherAgg });
  }
  const cogrouped = draft.add({ op: 'cogroup', groups }, { kind: 'cogrouped', key: first.key, value });
  if (!isWindowing(draft)) {
    const { fields, store, versionedMs } = materialized(draft, first.key, { versions: true });
    draft.add(
      { op: 'aggregate', in: cogrouped.id, init: initial(draft, value), ...draft.name(), ...fields },
      { kind: 'table', key: first.key, value, store, versionedMs },
    );
    return true;
  }
  const made = madeUpWindow(draft);
  if (made === undefined) return false;
  const windowed = draft.add(
    { op: 'windowedBy', in: cogrouped.id, window: made.json },
    { kind: 'windowed', key: first.key, value, window: made.facts },
  );
  const { fields } = materializedWindows(draft, first.key, made.facts);
  const merging = made.type === 'session' ? { merger: merger(draft, value) } : {};
  draft.add(
    { op: 'aggregate', in: windowed.id, init: initial(draft, value), ...merging, ...draft.name(), ...fields },
    // What is grouped has a plain key.
    { kind: 'table', key: { base: first.key as 'utf8', sizeMs: made.type }, value, window: made.facts },
  );
  return true;
}
