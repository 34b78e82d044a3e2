/** Branches of a stream: what `KStream.split` takes and gives. Kafka Streams: `BranchedKStream`, `Branched`. */
import { StreamsError } from '../errors.ts';
import { shown } from '../option-checks.ts';
import { requireFunction, type Predicate } from '../operators/functions.ts';
import { PassThrough } from '../operators/pass-through.ts';
import { type BranchTarget, Split } from '../operators/split.ts';
import type { StreamPlace } from './build-context.ts';
import type { KStream } from './kstream.ts';
import { describeProcessor } from './processor-node.ts';

/** A branch with everything that can be said about it. */
export interface Branch<K, V, R = unknown> {
  /** Which records belong to it, if no branch before took them. */
  readonly when: Predicate<K, V>;
  /** Part of the node's name, behind that of the split. Default: the position, from 1. */
  readonly name?: string | undefined;
  /** Goes on with the branch at once; what it returns stands in the result in place of the branch. Kafka Streams: `Branched.withFunction`, `withConsumer`. */
  readonly apply?: ((branch: KStream<K, V>) => R) | undefined;
}

/** The branch of the records that no other takes. */
export type DefaultBranch<K, V, R = unknown> = Omit<Branch<K, V, R>, 'when'>;

/** What a branch of this description becomes. */
export type BranchResult<K, V, B> = B extends { readonly apply: (branch: never) => infer R } ? R : KStream<K, V>;

/** Results by position, the default's last. */
export type BranchResults<K, V, B extends readonly unknown[], D> = [
  ...{ -readonly [I in keyof B]: BranchResult<K, V, B[I]> },
  ...(D extends object ? [BranchResult<K, V, D>] : []),
];

/** Named branches: a predicate each. */
export type NamedBranches<K, V> = Readonly<Record<string, Predicate<K, V>>>;

/** Streams by branch name; a type guard narrows its branch. */
export type NamedBranchResults<K, V, B, D> = {
  readonly [N in keyof B]: B[N] extends ((value: V, key: K) => value is infer V2 extends V) ? KStream<K, V2> : KStream<K, V>;
} & (D extends string ? { readonly [N in D]: KStream<K, V> } : unknown);

/** Adds a splitting node with its branches, in order, and applies their functions as they come. */
export function splitStream<K, V>(
  place: StreamPlace<K, V>,
  branches: readonly Branch<K, V>[],
  defaultBranch: DefaultBranch<K, V> | undefined,
  name: string | undefined,
): unknown[] {
  const { context } = place;
  const splitter = context.names.named(name, 'KSTREAM-BRANCH-');
  for (const branch of branches) requireFunction(branch.when, `the predicate of a branch of "${splitter}"`);
  const targets: BranchTarget<K, V>[] = branches.map((branch, index) => ({
    accepts: branch.when,
    child: splitter + (branch.name ?? String(index + 1)),
  }));
  const defaultChild = defaultBranch === undefined ? undefined : splitter + (defaultBranch.name ?? '0');
  const splitNode = context.graph.add(
    describeProcessor(splitter, () => new Split(targets, defaultChild)),
    place.graphNode,
  );
  const branchOff = (child: string, apply: ((branch: KStream<K, V>) => unknown) | undefined): unknown => {
    context.names.skip();
    const graphNode = context.graph.add(
      describeProcessor(child, () => new PassThrough<K, V>()),
      splitNode,
    );
    const branch = context.stream<K, V>({ ...place, name: child, graphNode });
    return apply === undefined ? branch : apply(branch);
  };
  const results = targets.map((target, index) => branchOff(target.child, branches[index]?.apply));
  if (defaultChild !== undefined) results.push(branchOff(defaultChild, defaultBranch?.apply));
  return results;
}

/** @throws MR_ARGUMENT_INVALID where JavaScript passes no branches. */
export function requireBranches(branches: unknown): void {
  if (typeof branches === 'object' && branches !== null) return;
  throw new StreamsError(
    'MR_ARGUMENT_INVALID',
    `split needs branches, an object with a predicate for each name or an array, got ${shown(branches)}`,
  );
}

/** @throws MR_ARGUMENT_INVALID for names like "1", which JavaScript would reorder: the order decides who gets a record. */
export function checkBranchNames(names: readonly string[]): void {
  const numeric = names.find((name) => /^(?:0|[1-9][0-9]*)$/.test(name));
  if (numeric !== undefined) {
    throw new StreamsError(
      'MR_ARGUMENT_INVALID',
      `a branch cannot be called "${numeric}": JavaScript puts such properties first; give an array of branches instead`,
    );
  }
}
