/** What it means for a store that stays when its measures change: what of its rows, on disk and in its changelog, can still be read. */
import type { StoreDescription } from '../describe-json.ts';
import { onCluster, resetRemedy, type TopologyChange } from './change.ts';

/** A measure: a number of milliseconds or entries, null for no limit; or yes or no. */
type Measure = boolean | number | null | undefined;

const deleteLocal = 'delete the local state: it is restored from the changelog';

export function layoutChanges(was: StoreDescription, is: StoreDescription): TopologyChange[] {
  const { name } = was;
  const changes: TopologyChange[] = [];
  if (was.persistence !== is.persistence) {
    changes.push({
      kind: 'storePersistenceChanged',
      impact: 'care',
      subject: name,
      text: `the store "${name}" is ${shownPersistence(is)} and was ${shownPersistence(was)}: a windowed one expires at other times, so late records may come out differently`,
    });
  }
  // A description of an earlier version may not have them.
  const [former, now] = [was.layout, is.layout];
  if (former === undefined || now === undefined) return changes;
  for (const measure of new Set([...Object.keys(former), ...Object.keys(now)])) {
    if (former[measure] !== now[measure]) changes.push(...measureChanged(is, measure, former[measure], now[measure]));
  }
  return changes;
}

function measureChanged(store: StoreDescription, measure: string, was: Measure, is: Measure): TopologyChange[] {
  const { changelog, name } = store;
  const text = `${measure} of the store "${name}" is ${shown(is)} and was ${shown(was)}`;
  switch (measure) {
    case 'retentionMs':
    case 'historyRetentionMs': {
      if (!isLonger(is, was)) {
        return [{ kind: 'storeRetentionChanged', impact: 'none', subject: name, text: `${text}: what is older goes at the first commit` }];
      }
      const setting = measure === 'retentionMs' ? 'retention.ms' : 'min.compaction.lag.ms';
      return [
        {
          kind: 'storeRetentionChanged',
          impact: 'care',
          subject: name,
          text: `${text}: what has expired is gone, and the changelog that exists may delete too early`,
          remedy:
            changelog === null
              ? undefined
              : `raise ${setting} of the changelog ${changelog.internal ? onCluster(changelog.name) : changelog.name} with kafka-configs --alter before the start, which refuses a lower one`,
        },
      ];
    }
    case 'windowSizeMs':
    case 'retainDuplicates':
      return [
        {
          kind: 'storeLayoutChanged',
          impact: 'reset',
          subject: name,
          text: `${text}: rows that are there would be read as other windows`,
          remedy: resetRemedy,
        },
      ];
    case 'forgetsTimestamps':
      return [
        rowsChanged(
          store,
          `the store "${name}" ${is === true ? 'keeps its rows without their timestamps, which are read back as -1, and kept them before' : 'keeps the timestamps of its rows, and did not before'}`,
        ),
      ];
    case 'timestamped':
      return [rowsChanged(store, text)];
    case 'timeOrdered':
    case 'keyIndexed':
      return [
        changelog === null
          ? {
              kind: 'storeLayoutChanged',
              impact: 'reset',
              subject: name,
              text: `${text}: rows on disk lie differently, and no changelog has them`,
              remedy: resetRemedy,
            }
          : {
              kind: 'storeLayoutChanged',
              impact: 'care',
              subject: name,
              text: `${text}: rows on disk lie differently`,
              remedy: deleteLocal,
            },
      ];
    default:
      return [{ kind: 'storeLayoutChanged', impact: 'none', subject: name, text }];
  }
}

/** Rows on disk are others, and the changelog is the same. */
function rowsChanged({ changelog, name }: StoreDescription, text: string): TopologyChange {
  const base = { kind: 'storeLayoutChanged', subject: name } as const;
  if (changelog === null)
    return { ...base, impact: 'reset', text: `${text}: rows on disk lie differently, and no changelog has them`, remedy: resetRemedy };
  return {
    ...base,
    impact: 'care',
    text: `${text}: what is on disk is restored from the changelog anew`,
    remedy: 'allow for the time that this takes',
  };
}

/** Null is longer than everything. */
function isLonger(a: Measure, b: Measure): boolean {
  const length = (measure: Measure): number => (typeof measure === 'number' ? measure : Infinity);
  return length(a) > length(b);
}

function shown(measure: Measure): string {
  return measure === null ? 'unlimited' : measure === undefined ? 'unset' : String(measure);
}

function shownPersistence({ persistence }: StoreDescription): string {
  return persistence === 'inMemory' ? 'in-memory' : 'persistent';
}
