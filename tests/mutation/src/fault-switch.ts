/** The switch that instrumented modules ask: which fault is on, and which were reached. */
import { switchName } from './instrument.ts';

export interface FaultSwitch {
  /** The number of the fault that is on; -1 for none. */
  on: number;
  /** Faults whose places were reached since this was emptied. */
  readonly reached: Set<number>;
}

/** One a process or thread: modules that are loaded already have it. */
const state: FaultSwitch = { on: -1, reached: new Set() };

/** Instrumented modules find it under the name they ask. */
export function installSwitch(on: number): FaultSwitch {
  state.on = on;
  state.reached.clear();
  Object.assign(globalThis, {
    [switchName]: (number: number): boolean => {
      state.reached.add(number);
      return state.on === number;
    },
  });
  return state;
}
