/** All faults of some compiled modules, with the lines of the sources they stand for, and a sample of them by seed. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { join, relative } from 'node:path';
import { type Mutation, mutationsOf } from './mutators.ts';

/** A fault with its place in the sources. */
export interface Fault extends Mutation {
  /** The compiled module, from the project's root. */
  readonly module: string;
  /** The source, from the project's root. */
  readonly source: string;
  readonly line: number;
  /** The source's line, without the spaces around it. */
  readonly text: string;
  /** What is replaced. */
  readonly original: string;
}

/** Names a fault across small changes of the source: lines may move. */
export function keyOf({ fault, original, replacement, source, text }: Fault): string {
  return JSON.stringify([source, text, fault, original, replacement]);
}

/** `paths`: compiled modules or folders of them, from the root. */
export function faultsIn(root: string, paths: readonly string[]): readonly Fault[] {
  const modules = new Set(paths.flatMap((path) => modulesAt(root, path)));
  return [...modules].sort().flatMap((module) => faultsOf(root, module));
}

function modulesAt(root: string, path: string): readonly string[] {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => join(path, name));
}

function faultsOf(root: string, module: string): readonly Fault[] {
  const path = join(root, module);
  const code = readFileSync(path, 'utf8');
  // The compiler writes a source map beside every module.
  const map = new SourceMap(JSON.parse(readFileSync(`${path}.map`, 'utf8')) as SourceMapPayload);
  const source = join(path, '..', map.payload.sources[0] ?? '');
  const lines = readFileSync(source, 'utf8').split('\n');
  const starts = lineStarts(code);
  return mutationsOf(code).map((mutation) => {
    const row = rowOf(starts, mutation.start);
    const entry = map.findEntry(row, mutation.start - (starts[row] ?? 0));
    const line = 'originalLine' in entry ? entry.originalLine : 0;
    const original = code.slice(mutation.start, mutation.end);
    return { ...mutation, module, source: relative(root, source), line: line + 1, text: lines[line]?.trim() ?? '', original };
  });
}

function lineStarts(code: string): readonly number[] {
  const starts = [0];
  for (let at = code.indexOf('\n'); at >= 0; at = code.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function rowOf(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** `count` of them, the same for the same seed: each has its rank by its name, so that a change elsewhere changes little of the sample. */
export function sampleOf<T>(items: readonly T[], count: number, seed: number, nameOf: (item: T) => string): readonly T[] {
  return items
    .map((item) => ({
      item,
      rank: createHash('sha256')
        .update(`${seed} ${nameOf(item)}`)
        .digest('hex'),
    }))
    .sort((one, other) => (one.rank < other.rank ? -1 : 1))
    .slice(0, count)
    .map(({ item }) => item);
}
