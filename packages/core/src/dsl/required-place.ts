/** What JavaScript may pass where a stream or a table of the same builder is needed. */
import { StreamsError, TopologyError } from '../errors.ts';
import { shown } from '../option-checks.ts';
import type { BuildContext, GroupedStreamPlace, StreamPlace, TablePlace } from './build-context.ts';
import type { GlobalKTable } from './global-ktable.ts';

interface Placed<P> {
  readonly place: P;
}

/** @throws MR_ARGUMENT_INVALID for what is no stream; MR_TOPOLOGY_INVALID for one of another builder */
export function requiredStream<K, V>(other: Placed<StreamPlace<K, V>>, operator: string, context: BuildContext): StreamPlace<K, V> {
  return requiredPlace(other, operator, context, 'a stream', (place) => 'repartitionRequired' in place && !('groupName' in place));
}

/** @throws MR_ARGUMENT_INVALID for what is no table; MR_TOPOLOGY_INVALID for one of another builder */
export function requiredTable<K, V>(other: Placed<TablePlace<K, V>>, operator: string, context: BuildContext): TablePlace<K, V> {
  return requiredPlace(other, operator, context, 'a table', (place) => 'lineage' in place);
}

/** @throws MR_ARGUMENT_INVALID for what is no grouped stream; MR_TOPOLOGY_INVALID for one of another builder */
export function requiredGroup<K, V>(
  other: Placed<GroupedStreamPlace<K, V>>,
  operator: string,
  context: BuildContext,
): GroupedStreamPlace<K, V> {
  return requiredPlace(other, operator, context, 'a grouped stream', (place) => 'groupName' in place && 'repartitionRequired' in place);
}

/** @throws MR_ARGUMENT_INVALID for what is neither stream nor table; MR_TOPOLOGY_INVALID for one of another builder */
export function requiredPlace<P extends { readonly context: BuildContext }>(
  other: Placed<P>,
  operator: string,
  context: BuildContext,
  needed = 'a stream or a table',
  fits: (place: P) => boolean = () => true,
): P {
  // The types say that it is there; JavaScript does not read them.
  const place = (other as Partial<Placed<P>> | null | undefined)?.place;
  if (place === undefined || !fits(place)) {
    throw new StreamsError('MR_ARGUMENT_INVALID', `${operator} needs ${needed}, got ${place === undefined ? shown(other) : kindOf(place)}`);
  }
  checkBuilder(place.context, operator, context);
  return place;
}

/** @throws MR_ARGUMENT_INVALID for what is no global table; MR_TOPOLOGY_INVALID for one of another builder */
export function requireGlobalTable(table: GlobalKTable<never, unknown>, context: BuildContext): void {
  const own = (table as Partial<GlobalKTable<never, unknown>> | null | undefined)?.context;
  if (own === undefined) {
    throw new StreamsError(
      'MR_ARGUMENT_INVALID',
      'a join with a selector and a joiner needs a global table; a stream or a table is joined by its key',
    );
  }
  checkBuilder(own, 'join', context);
}

function checkBuilder(own: BuildContext, operator: string, context: BuildContext): void {
  if (own === context) return;
  throw new TopologyError(`${operator} was given a stream or a table of another builder: build both sides with one StreamsBuilder`);
}

function kindOf(place: object): string {
  if ('groupName' in place) return 'a group: aggregate it first';
  return 'lineage' in place ? 'a table' : 'a stream';
}
