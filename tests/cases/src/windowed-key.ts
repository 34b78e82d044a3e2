/** Windowed keys as data: their text is `key@start/end`. */
import { type Serde, serdes, Windowed } from '@millrace/core';
import type { Datum, Present } from './datum.ts';

/** How the format writes the end of a window without end. */
const noEnd = '9223372036854775807';

/** `text(x)` of a windowed key. */
export function windowText({ start, end }: Windowed<unknown>['window']): string {
  return `@${start}/${end === Number.POSITIVE_INFINITY ? noEnd : end}`;
}

/** The key inside, for windowed keys; anything else as it is. */
export function innerKeyOf(datum: Datum): Datum {
  return datum instanceof Windowed ? datum.key : datum;
}

/** A serde of windowed keys for data that are windowed keys. */
export function windowedSerde(inner: Serde<Present>, sizeMs: number | 'session'): Serde<Present> {
  const serde = sizeMs === 'session' ? serdes.sessionWindowed(inner) : serdes.timeWindowed(inner, { size: sizeMs });
  // Of the data, this type has windowed keys only.
  return serde as unknown as Serde<Present>;
}
