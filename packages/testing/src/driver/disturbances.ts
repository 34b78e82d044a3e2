/** What a test may do to the tasks of a driver: let them die, or change hands. */
import { checkOptions, isFlag, oneOf, type OptionChecks } from '@millrace/core/engine';

/** What a crash leaves behind. */
export interface CrashOptions {
  /** What was produced since the last commit. `lost` (default): it never reached the broker. `kept`: it did, so that at-least-once repeats it. */
  readonly produced?: 'lost' | 'kept' | undefined;
  /** The state directory. `kept`: the disk survives. `lost`: everything is restored from the changelogs. Default: `kept` where the engine is durable. */
  readonly state?: 'lost' | 'kept' | undefined;
}

/** How tasks change hands. */
export interface RebalanceOptions {
  /** `true`: every task goes to an instance without its state, which restores it from the changelogs. Default `false`: suspended and resumed with open stores. */
  readonly move?: boolean | undefined;
}

const crashOptions: OptionChecks<CrashOptions> = { produced: oneOf('lost', 'kept'), state: oneOf('lost', 'kept') };
const rebalanceOptions: OptionChecks<RebalanceOptions> = { move: isFlag };

/** @throws MR_ARGUMENT_INVALID for options that there are not, and for what they cannot be */
export function checkCrash(options: CrashOptions): void {
  checkOptions(options, crashOptions, 'crash');
}

/** As {@link checkCrash}. */
export function checkRebalance(options: RebalanceOptions): void {
  checkOptions(options, rebalanceOptions, 'rebalance');
}
