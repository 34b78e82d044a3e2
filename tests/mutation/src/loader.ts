/** Hooks of the module loader: instrumented modules come instead of the built ones. Runs in the loader's own thread. */
import type { InitializeHook, LoadHook } from 'node:module';

let instrumented: ReadonlyMap<string, string> = new Map();

/** `data`: instrumented code by the URL of its module. */
export const initialize: InitializeHook<ReadonlyMap<string, string>> = (data) => {
  instrumented = data;
};

export const load: LoadHook = async (url, context, nextLoad) => {
  const source = instrumented.get(url);
  return source === undefined ? nextLoad(url, context) : { format: 'module', source, shortCircuit: true };
};
