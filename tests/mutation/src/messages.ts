/** What the tool and the processes that try faults say to each other. */

/** What a trial is: a recorded case in memory or on RocksDB, or a made-up one with restarts. */
export type TrialKind = 'case' | 'case on RocksDB' | 'restart';

export type Request =
  /** Starts: instrumented modules by URL, the kind of trials, case files, an empty directory, and a fault that is on from the start (-1: none). */
  | {
      readonly kind: 'start';
      readonly modules: readonly (readonly [url: string, code: string])[];
      readonly trials: TrialKind;
      readonly files: readonly string[];
      readonly directory: string;
      readonly on: number;
    }
  /** Runs trials, by their numbers, without a fault and says which faults they reach. */
  | { readonly kind: 'reach'; readonly trials: readonly number[] }
  /** Runs trials with a fault on, until one notices. */
  | { readonly kind: 'try'; readonly fault: number; readonly trials: readonly number[] };

export type Reply =
  /** `trials`: how many there are. */
  | { readonly kind: 'started'; readonly trials: number }
  /** Says that the process is alive. */
  | { readonly kind: 'alive' }
  /** One trial without a fault; `passed`: false where it cannot be used. */
  | {
      readonly kind: 'reached';
      readonly trial: number;
      readonly passed: boolean;
      readonly faults: readonly number[];
      readonly lasted: number;
    }
  | { readonly kind: 'allReached' }
  /** `clean`: the trial passes again without the fault, so the process can go on. */
  | { readonly kind: 'noticed'; readonly by: string; readonly how: string; readonly clean: boolean }
  | { readonly kind: 'unnoticed' };

/** What is said to the process that holds the test runner: the first says where, the others ask. */
export type UnitRequest =
  | { readonly kind: 'open'; readonly root: string; readonly config: string }
  /** Runs test files with a fault on (-1: none) until one fails; `all` of them, even then. */
  | { readonly kind: 'run'; readonly fault: number; readonly files: readonly string[]; readonly all: boolean };

export type UnitReply = { readonly kind: 'opened' } | { readonly kind: 'ran'; readonly failed: readonly string[] };
