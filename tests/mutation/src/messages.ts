/** What the tool and the process that runs the cases say to each other. */

export type Request =
  /** Starts: instrumented modules by URL, case files, and a fault that is on from the start (-1: none). */
  | {
      readonly kind: 'start';
      readonly modules: readonly (readonly [url: string, code: string])[];
      readonly files: readonly string[];
      readonly on: number;
    }
  /** Runs every case without a fault and says which faults it reaches. */
  | { readonly kind: 'reach' }
  /** Runs cases, by their places in the list, with a fault on, until one notices. */
  | { readonly kind: 'try'; readonly fault: number; readonly cases: readonly number[] };

export type Reply =
  | { readonly kind: 'started'; readonly cases: number }
  /** Says that the process is alive. */
  | { readonly kind: 'alive' }
  /** One case without a fault; `passed`: false where it cannot be used. */
  | {
      readonly kind: 'reached';
      readonly testCase: number;
      readonly passed: boolean;
      readonly faults: readonly number[];
      readonly lasted: number;
    }
  | { readonly kind: 'allReached' }
  /** `clean`: the case passes again without the fault, so the process can go on. */
  | { readonly kind: 'noticed'; readonly by: string; readonly how: string; readonly clean: boolean }
  | { readonly kind: 'unnoticed' };
