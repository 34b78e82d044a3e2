/** The punctuations that a task's processors asked for, by stream time and by the wall clock, and how one is fired. */
import type { PunctuationType, Punctuator } from '../processor/processor.ts';
import { refusePromise } from '../processor/synchronous.ts';
import type { RecordContext } from '../stores/record-context.ts';
import type { ErrorPolicy } from './error-policy.ts';
import { firstSchedule, PunctuationQueue, type Schedule, schedulePastRestart } from './punctuation.ts';

export interface PunctuationTimes {
  readonly nowMs: number;
  readonly streamTime: number;
  /** Processors are being initialised. */
  readonly starting: boolean;
}

export class TaskPunctuations {
  readonly #taskId: string;
  readonly #context: RecordContext;
  readonly #policy: ErrorPolicy;
  readonly #stream = new PunctuationQueue();
  readonly #wall = new PunctuationQueue();

  constructor(taskId: string, context: RecordContext, policy: ErrorPolicy) {
    this.#taskId = taskId;
    this.#context = context;
    this.#policy = policy;
  }

  /** The stream time at which the next is due; infinite where there is none. */
  get streamDueMs(): number {
    return this.#stream.nextDueMs;
  }

  get wallDueMs(): number {
    return this.#wall.nextDueMs;
  }

  add(
    node: string,
    startMs: number | undefined,
    intervalMs: number,
    type: PunctuationType,
    punctuate: Punctuator,
    { nowMs, starting, streamTime }: PunctuationTimes,
  ): Schedule {
    if (type === 'wall') return this.#wall.add(firstSchedule(node, startMs, nowMs + intervalMs, nowMs, intervalMs, punctuate));
    // Stream time is kept over restarts, and with it what has fired (design §5); Kafka Streams fires once more.
    if (starting && streamTime >= 0) return this.#stream.add(schedulePastRestart(node, startMs, streamTime, intervalMs, punctuate));
    return this.#stream.add(firstSchedule(node, startMs, 0, streamTime, intervalMs, punctuate));
  }

  /** Fires what is due. Returns how many. */
  runStream(streamTime: number): number {
    return this.#stream.run(streamTime, this.#fire);
  }

  runWall(nowMs: number): number {
    return this.#wall.run(nowMs, this.#fire);
  }

  clear(): void {
    this.#stream.clear();
    this.#wall.clear();
  }

  /** A field, so that running a queue makes no closure. */
  readonly #fire = (schedule: Schedule, timestamp: number): void => {
    const context = this.#context;
    context.defined = true;
    context.topic = null;
    context.partition = -1;
    context.offset = -1;
    context.timestamp = timestamp;
    context.record = context.input = null;
    context.batch = null;
    context.written = false;
    try {
      const result: unknown = schedule.punctuate(timestamp);
      if (result !== undefined)
        refusePromise(result, `a punctuation of processor ${schedule.node}`, { taskId: this.#taskId, node: schedule.node });
    } catch (error) {
      this.#policy.punctuation(schedule.node, error);
    }
  };
}
