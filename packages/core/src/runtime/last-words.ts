/**
 * Dead letters of failures that stop tasks. They cannot go out with the tasks' outputs, which are dropped, so they wait here: for the next flush if the task went on after all, else
 * for a producer of their own that sends nothing else.
 */
import { appendDeadLetter } from '../engine/dead-letter-sender.ts';
import type { DeadLetter } from '../engine/dead-letter.ts';
import type { RecordProducer, StreamsClient } from '../kafka/port.ts';
import type { RuntimeOptions } from './options.ts';

/** More than this never come from one failure; a handler that makes them without end must not fill the memory (I7). */
const maxLetters = 1_000;

export class LastWords {
  readonly #client: StreamsClient;
  readonly #options: RuntimeOptions;
  #letters: DeadLetter[] = [];

  constructor(client: StreamsClient, options: RuntimeOptions) {
    this.#client = client;
    this.#options = options;
  }

  get waiting(): boolean {
    return this.#letters.length > 0;
  }

  add(letters: readonly DeadLetter[]): void {
    const room = maxLetters - this.#letters.length;
    this.#letters.push(...letters.slice(0, room));
    if (letters.length > room) this.#lost(letters.length - room, new Error(`more than ${maxLetters} of them wait`));
  }

  /** Appends what waits to the producer of the tasks. Returns how many: to be forgotten when they are acknowledged. */
  async appendTo(producer: RecordProducer): Promise<number> {
    const letters = [...this.#letters];
    await appendAll(letters, producer, this.#options.topicTimeoutMs);
    return letters.length;
  }

  forget(count: number): void {
    this.#letters.splice(0, count);
  }

  /** Sends what waits by itself. A failure is logged: it must not hide the one that the letters tell of. */
  async speak(): Promise<void> {
    const letters = this.#letters;
    if (letters.length === 0) return;
    this.#letters = [];
    const { closeTimeoutMs, producer: producerOptions } = this.#options;
    const producer = this.#client.producer({ ...producerOptions });
    try {
      await appendAll(letters, producer, closeTimeoutMs);
      await producer.close({ timeoutMs: closeTimeoutMs });
    } catch (error) {
      this.#lost(letters.length, error);
      // What is closed already does nothing more.
      await producer.close({ timeoutMs: 0 }).catch(() => {});
    }
  }

  #lost(count: number, error: unknown): void {
    const { clientId, log, metrics } = this.#options;
    metrics.counter('dead-letter-lost-total', { 'client-id': clientId }).add(count);
    log.error('dead letters of a failure that stops tasks could not be sent: the failure itself is reported as ever', {
      letters: count,
      error,
    });
  }
}

async function appendAll(letters: readonly DeadLetter[], producer: RecordProducer, timeoutMs: number): Promise<void> {
  const unknown = new Set(letters.map(({ topic }) => topic).filter((topic) => producer.partitionCount(topic) === undefined));
  if (unknown.size > 0) await producer.lookUp([...unknown], { timeoutMs });
  for (const letter of letters) appendDeadLetter(producer, letter, producer.partitionCount(letter.topic) ?? 1, 0);
}
