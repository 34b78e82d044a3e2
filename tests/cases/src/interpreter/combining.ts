/** Reducers and aggregators of the format as the DSL takes them: data come in, whatever the DSL calls them. */
import { type Datum, datumOf } from '../datum.ts';
import type { CaseAggregator } from '../functions/aggregators.ts';
import { reducerOf } from '../functions/reducers.ts';
import type { Json } from '../json.ts';

export function reducing(json: Json | undefined): (aggregate: Datum, value: Datum) => Datum {
  const reducer = reducerOf(json);
  return (aggregate, value) => reducer(datumOf(aggregate), datumOf(value));
}

export function aggregating(aggregator: CaseAggregator): (aggregate: Datum, value: Datum, key: Datum) => Datum {
  return (aggregate, value, key) => aggregator.apply(datumOf(key), datumOf(value), datumOf(aggregate));
}
