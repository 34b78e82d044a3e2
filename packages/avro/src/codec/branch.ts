/** Says of a value which branch of a union it is, where its shape alone does not. Kept beside the value, invisible to comparison and JSON. */

const branchName = Symbol.for('millrace.avro.branch');

/**
 * The same value, marked as of the record type `name`. Needed only where a union has several records that the value fits; decoded values of such unions have the mark.
 *
 * @param name with namespace
 */
export function branch<T extends object>(name: string, value: T): T {
  Object.defineProperty(value, branchName, { value: name, configurable: true, enumerable: false });
  return value;
}

/** The type that a value is marked as. */
export function branchOf(value: object): string | undefined {
  // Set by `branch` alone.
  return (value as { readonly [branchName]?: string })[branchName];
}
