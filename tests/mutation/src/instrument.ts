/**
 * Puts many faults into one module, each behind a switch: nothing has to be built or loaded again to try the next. The switch also says whether the place was reached, so that each
 * fault is tried with the tests that can notice it and no others.
 */
import type { Mutation } from './mutators.ts';

/** A fault with its number. */
export interface NumberedMutation extends Mutation {
  readonly number: number;
}

/** What an instrumented module asks: true for the number of the fault that is on. */
export const switchName = '__millraceFault';

/** The module with the faults in it; lines stay where they are. */
export function instrument(code: string, mutations: readonly NumberedMutation[]): string {
  // Outer ones first, so that what is inside of them follows.
  const sorted = [...mutations].sort((one, other) => one.start - other.start || other.end - one.end);
  return `const ${switchName} = globalThis.${switchName}; ${rendered(code, 0, code.length, sorted)}`;
}

function rendered(code: string, from: number, to: number, sorted: readonly NumberedMutation[]): string {
  let out = '';
  let at = from;
  for (let index = 0; index < sorted.length;) {
    const first = sorted[index];
    if (first === undefined) break;
    const here = sorted.slice(index).filter(({ end, start }) => start === first.start && end === first.end);
    const inside = sorted.filter(
      ({ end, start }) => start >= first.start && end <= first.end && !(start === first.start && end === first.end),
    );
    out += code.slice(at, first.start) + switched(here, rendered(code, first.start, first.end, inside));
    at = first.end;
    index += here.length + inside.length;
  }
  return out + code.slice(at, to);
}

function switched(mutations: readonly NumberedMutation[], original: string): string {
  if (mutations[0]?.of === 'statement') return `{if(!${switchName}(${mutations[0].number})){${original}}}`;
  const choices = mutations.map(({ number, replacement }) => `${switchName}(${number})?(${replacement}):`).join('');
  return `(${choices}(${original}))`;
}
