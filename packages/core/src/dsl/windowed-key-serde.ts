/** The serdes of windowed tables' keys, which are what the key's own serde is inside a window. */
import type { Serde } from '../serde/serde.ts';
import { SessionWindowedSerde, TimeWindowedSerde } from '../serde/windowed-serdes.ts';
import type { SessionWindows } from '../windows/session-windows.ts';
import type { SlidingWindows } from '../windows/sliding-windows.ts';
import type { TimeWindows } from '../windows/time-windows.ts';
import type { UnlimitedWindows } from '../windows/unlimited-windows.ts';
import type { Windowed } from '../windows/windowed.ts';
import type { BuildContext } from './build-context.ts';

/** `given`: undefined takes the builder's; undefined comes out where there is none either. */
export function windowedKeySerde<K>(
  given: Serde<K> | undefined,
  windows: TimeWindows | UnlimitedWindows | SlidingWindows | SessionWindows,
  context: BuildContext,
): Serde<Windowed<K>> | undefined {
  // The builder's serde stands for keys of the type that the builder was made for.
  const inner = given ?? (context.defaults.keySerde as Serde<K> | undefined);
  if (inner === undefined) return undefined;
  if (windows.kind === 'session') return new SessionWindowedSerde(inner);
  return new TimeWindowedSerde(inner, windows.kind === 'sliding' ? windows.differenceMs : windows.sizeMs);
}
