/**
 * Random histories from seeds: instances start, stop, crash at points of a commit, lose their disk or get an older one; heartbeats, answers and brokers fail; the input goes on.
 * CHAOS_SEEDS=300 runs more of them. Whatever happened: no word is below its true count, and the stores equal the fold of their changelog.
 */
import { StreamsError } from '@millrace/core';
import type { CommitStep, KafkaStreams } from '@millrace/core/runtime';
import { type Random, seededRandom } from '@millrace/embedded-kafka';
import { fetchApi, heartbeatApi, joinGroupApi, offsetCommitApi, produceApi, syncGroupApi } from '@millrace/kafka/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { Crash, Harness } from './support/harness.ts';
import { type DiskCopy, KeptDisk } from './support/kept-state.ts';
import { belowTruth, changelogCounts, countWords, lastCounts, lines, sorted, wordCount } from './support/word-count.ts';

const steps: readonly CommitStep[] = [
  'beforeCommit',
  'afterPrepare',
  'afterChangelogAck',
  'afterUnlogged',
  'afterOffsetCommit',
  'beforeEngineBatch',
  'afterEngineBatch',
];
const interceptable = [produceApi, fetchApi, offsetCommitApi, heartbeatApi, joinGroupApi, syncGroupApi];

/** An instance with its disk: started, stopped and crashed again and again. */
class Member {
  readonly #harness: Harness;
  readonly #disk: KeptDisk;
  readonly #name: string;
  #copies: DiskCopy[] = [];
  #crashAt: CommitStep | undefined;
  app: KafkaStreams | undefined;

  constructor(harness: Harness, digit: number) {
    this.#harness = harness;
    this.#disk = new KeptDisk(digit);
    this.#name = `member-${digit}`;
  }

  start(): void {
    const app = this.#harness.instance(wordCount(), {
      clientId: this.#name,
      state: this.#disk.backend(),
      leaveOnClose: false,
      sessionTimeoutMs: 3_000,
      unstable: {
        onStep: (step) => {
          if (step !== this.#crashAt) return;
          this.#crashAt = undefined;
          throw new Crash(step);
        },
      },
    });
    this.app = app;
    app.run().catch((error: unknown) => {
      // A close that could not commit, or whose time was over, is as good as a crash here. Anything else is an unhandled rejection, which fails the test.
      const planned =
        error instanceof Crash || (error instanceof StreamsError && (error.code === 'MR_CLOSED' || error.code === 'MR_CLIENT_RETRIABLE'));
      if (!planned) throw error;
    });
  }

  get up(): boolean {
    return this.app !== undefined && this.app.state !== 'ERROR' && this.app.state !== 'NOT_RUNNING';
  }

  crashAt(step: CommitStep | undefined): void {
    this.#crashAt = step;
  }

  copyDisk(): void {
    this.#copies = [...this.#copies.slice(-3), this.#disk.copy()];
  }

  /** Only while it is down. */
  changeDisk(random: Random): void {
    const choice = random();
    if (choice < 0.3) this.#disk.putBack(new Map());
    else if (choice < 0.6) this.#disk.putBack(this.#copies[Math.floor(random() * this.#copies.length)] ?? new Map());
  }
}

let harness: Harness;
afterEach(() => harness.close());

async function history(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  harness = await Harness.start({ brokers: 3, seed });
  harness.cluster.createTopic('lines', { partitions: 3, replicationFactor: 3 });
  harness.cluster.createTopic('words', { partitions: 2, replicationFactor: 3 });
  const members = [1, 2, 3].map((digit) => new Member(harness, digit));
  const given: { readonly value: string }[] = [];
  members[0]?.start();
  for (let round = 0; round < 25; round++) {
    const more = lines(Math.floor(random() * 12), given.length);
    given.push(...more);
    await harness.produce('lines', more);
    const member = pick(members);
    const action = random();
    if (!member.up) {
      if (action < 0.7) {
        member.changeDisk(random);
        member.start();
      }
    } else if (action < 0.15) member.crashAt(pick(steps));
    else if (action < 0.25) await harness.clock.run((member.app as KafkaStreams).close({ timeoutMs: 10_000 }));
    else if (action < 0.35) member.copyDisk();
    else if (action < 0.55) {
      const kind = pick(['drop', 'disconnect', 'loseAnswer'] as const);
      const end = harness.cluster.intercept(pick(interceptable), (_request, context) =>
        context.clientId.startsWith('member') && random() < 0.5 ? kind : 'pass',
      );
      harness.clock.setTimer(end, 200 + random() * 4_000);
    } else if (action < 0.65) {
      const node = pick(harness.cluster.nodes);
      await harness.cluster.stopBroker(node);
      await harness.clock.advance(random() * 3_000);
      await harness.cluster.startBroker(node);
    } else if (action < 0.7) harness.cluster.moveCoordinator('app', pick(harness.cluster.nodes));
    await harness.clock.advance(random() * 1_500);
  }

  // Calm: everything that is down comes up, and all of it is counted.
  for (const member of members) {
    member.crashAt(undefined);
    if (!member.up) member.start();
  }
  const last = lines(10, given.length);
  given.push(...last);
  await harness.produce('lines', last);
  const running = (): KafkaStreams[] => members.flatMap((member) => (member.up ? [member.app as KafkaStreams] : []));
  await harness.until(
    () => running().length > 0 && running().every((app) => app.state === 'RUNNING') && running().flatMap((app) => app.tasks()).length === 6,
    'six tasks run',
    300_000,
  );
  await harness.clock.advance(90_000);
  await harness.until(() => running().length > 0 && running().every((app) => app.state === 'RUNNING'), 'all run', 300_000);
  await harness.clock.advance(5_000);

  expect(belowTruth(lastCounts(harness.cluster), countWords(given))).toEqual([]);
  const stored = running().flatMap((app) =>
    [...app.store<string, { value: number }>('counts').all()].map(({ key, value }): [string, number] => [key, value.value]),
  );
  expect(sorted(new Map(stored))).toEqual(sorted(changelogCounts(harness.cluster)));
}

describe('random histories', () => {
  it.each(Array.from({ length: Number(process.env['CHAOS_SEEDS'] ?? 12) }, (_, index) => index + 1))('seed %i', (seed) => history(seed));
});
