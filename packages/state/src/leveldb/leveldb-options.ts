/** How a database's share of memory becomes options of LevelDB. */
import type { LevelOptions } from './binding.ts';

const mebibyte = 1024 * 1024;
/** Below this LevelDB writes tables all the time. */
const leastMemoryBytes = 4 * mebibyte;
/** What an open table file of 2 MiB keeps in memory: its index and its filter, about. */
const openFileBytes = 48 * 1024;
/** LevelDB takes ten files for itself and wants 64 for tables at least. */
const fewestOpenFiles = 74;
const mostOpenFiles = 500;
/** The binding takes 32-bit figures. */
const largestBytes = 4095 * mebibyte;

/** Half of the share for the two write buffers, three eighths for the block cache, an eighth for the indexes of open tables. */
export function levelOptions(memoryBytes: number): LevelOptions {
  const share = Math.max(memoryBytes, leastMemoryBytes);
  return {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    compression: false,
    cacheSize: Math.min(Math.floor((share * 3) / 8), largestBytes),
    writeBufferSize: Math.min(Math.floor(share / 4), 64 * mebibyte),
    maxOpenFiles: Math.max(fewestOpenFiles, Math.min(mostOpenFiles, Math.floor(share / 8 / openFileBytes))),
    multithreading: true,
  };
}
