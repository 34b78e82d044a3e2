/** What JavaScript may forget to pass where a stream or a table is needed. */
import { StreamsError } from '../errors.ts';

/** @throws MR_ARGUMENT_INVALID; Kafka Streams throws a `NullPointerException` there */
export function requiredPlace<P>(other: { readonly place: P }, operator: string): P {
  // The types say that it is there; JavaScript does not read them.
  const place = (other as { readonly place?: P } | null | undefined)?.place;
  if (place !== undefined) return place;
  throw new StreamsError('MR_ARGUMENT_INVALID', `${operator} needs a stream or a table, got ${other === null ? 'null' : typeof other}`);
}
