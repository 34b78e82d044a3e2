/** Verdicts, counted. */
import type { Verdict } from './verdict.ts';

export class Tally {
  same = 0;
  unfit = 0;
  different = 0;
  /** Places at which runs that agree could have gone apart. */
  points = 0;
  readonly #reasons = new Map<string, number>();

  get judged(): number {
    return this.same + this.unfit + this.different;
  }

  /** A line for each reason for which cases were set aside. */
  get reasons(): readonly string[] {
    return [...this.#reasons].map(([why, count]) => `set aside: ${count}, ${why}`);
  }

  add(verdict: Verdict): void {
    this[verdict.kind]++;
    if (verdict.kind === 'same') this.points += verdict.points;
    if (verdict.kind === 'unfit') this.#reasons.set(verdict.why, (this.#reasons.get(verdict.why) ?? 0) + 1);
  }
}
