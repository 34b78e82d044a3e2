/** Trials in lock-step on a cluster outside this process, several at once: each waits for the brokers most of its time. */
import type { ClientFactory } from '@millrace/core/kafka';
import { shortened } from './fitting.ts';
import { judgeLockStep } from './lock-step.ts';
import { renamed } from './renamed.ts';
import { onCluster, openCluster } from './stepped-run.ts';
import { madeUpTrial } from './trial.ts';
import type { Verdict } from './verdict.ts';

export interface ClusterTrials {
  readonly seed: number;
  readonly first: number;
  /** Whether no further case is wanted, asked with how many were begun and how many of them could be compared. */
  readonly enough: (begun: number, compared: number) => boolean;
}

const atOnce = 8;
/** Each takes several round trips; the embedded cluster takes all that a case has. */
const mostInputs = 24;

export async function judgeOnCluster(
  factory: ClientFactory,
  { enough, first, seed }: ClusterTrials,
  take: (number: number, verdict: Verdict) => void,
): Promise<void> {
  const cluster = await openCluster(factory);
  const application = onCluster(cluster);
  // Earlier runs on the same cluster had other names.
  const run = `${process.pid.toString(36)}${Date.now().toString(36)}`;
  let begun = 0;
  let compared = 0;
  const judgeNext = async (): Promise<void> => {
    while (!enough(begun, compared)) {
      const number = first + begun++;
      const trial = madeUpTrial({ seed, logged: true, commitEach: true, wallClock: true }, number);
      const verdict =
        trial.kind === 'unfit' ? trial : await judgeLockStep(renamed(shortened(trial, mostInputs), `ls${run}x${number}-`), application);
      if (verdict.kind !== 'unfit') compared++;
      take(number, verdict);
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, judgeNext));
  } finally {
    await cluster.producer.close();
    await cluster.client.close();
  }
}
