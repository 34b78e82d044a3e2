/**
 * Views of the buffers that values are encoded into: always the same few buffers, read from the same place on, in a few lengths. Making such a view costs twice what copying
 * its bytes does, so that the views of the last buffers are kept.
 */

/** Longer values take longer to copy than a view to make. */
const maxViewBytes = 256;
/** Scratch buffers are small; one that grew is not kept from the collector. */
const maxSourceBytes = 64 << 10;
/** Values in scratch buffers begin at 0, or behind room for a timestamp; in fetched batches behind a header of 61 bytes. */
const maxStart = 8;
/** A power of two. */
const missesPerSlot = 32;
/** A task has a scratch buffer a store, and one for its sinks. A power of two. */
const slots = 8;

class Slot {
  source: Uint8Array | undefined;
  start = 0;
  /** By length. */
  views: (Uint8Array | undefined)[] = [];
}

const kept: readonly Slot[] = Array.from({ length: slots }, () => new Slot());
let nextSlot = 0;
let misses = 0;

/** `source[start, start + length)` without a copy, good for the time of the call; undefined if the caller has to make it. */
export function scratchView(source: Uint8Array, start: number, length: number): Uint8Array | undefined {
  if (length > maxViewBytes || start > maxStart) return undefined;
  for (let i = 0; i < slots; i++) {
    const slot = kept[i] as Slot;
    if (slot.source === source && slot.start === start) return (slot.views[length] ??= source.subarray(start, start + length));
  }
  if (source.length > maxSourceBytes) return undefined;
  // With more buffers in turn than there are slots, giving each of them a slot each time would cost more than it saves.
  misses = (misses + 1) & (missesPerSlot - 1);
  if (misses !== 0) return undefined;
  const slot = kept[nextSlot] as Slot;
  nextSlot = (nextSlot + 1) & (slots - 1);
  slot.source = source;
  slot.start = start;
  slot.views = [];
  return undefined;
}
