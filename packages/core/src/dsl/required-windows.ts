/** What JavaScript may pass where windows are needed. */
import { StreamsError } from '../errors.ts';

const kinds: ReadonlySet<string | undefined> = new Set(['time', 'sliding', 'session', 'unlimited']);

/** @throws MR_ARGUMENT_INVALID */
export function requireWindows(windows: { readonly kind: string }): void {
  // The types say that they are windows; JavaScript does not read them.
  if (kinds.has((windows as { readonly kind: string } | null | undefined)?.kind)) return;
  throw new StreamsError(
    'MR_ARGUMENT_INVALID',
    'windowedBy needs timeWindows(…), slidingWindows(…), sessionWindows(…) or unlimitedWindows(…)',
  );
}
