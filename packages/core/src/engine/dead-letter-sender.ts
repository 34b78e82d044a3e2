/**
 * Sends a task's dead letters: those of failures that it survives into its own output, in the order of the failures; those of a failure that stops it to whoever sends last words.
 * Letters for a topic whose partition count is not known yet wait here, as records do in the collector.
 */
import { StreamsError } from '../errors.ts';
import { Headers } from '../headers.ts';
import { partitionForKey } from '../kafka/murmur2.ts';
import type { Output } from '../kafka/port.ts';
import type { Counter } from '../metrics.ts';
import type { DeadLetter } from './dead-letter.ts';

const noBytes = new Uint8Array(0);

/**
 * Appends a letter to `output`, whose topic it knows. `spare` chooses the partition of a letter without key, so that the letters of one task stay in order.
 *
 * @returns the bytes of key and value
 * @throws MR_ARGUMENT_INVALID for a partition that the topic does not have
 */
export function appendDeadLetter(output: Output, letter: DeadLetter, count: number, spare: number): number {
  const { headers, key, topic, value } = letter;
  const partition = letter.partition ?? (key === null ? spare % count : partitionForKey(key, 0, key.length, count));
  if (!Number.isInteger(partition) || partition < 0 || partition >= count) {
    throw new StreamsError('MR_ARGUMENT_INVALID', `a dead letter is for partition ${partition} of topic ${topic}, which has ${count}`, {
      details: { topic, partition },
    });
  }
  const list = headers === undefined ? null : headers instanceof Headers ? headers : new Headers(headers);
  output
    .partition(topic, partition)
    .append(
      letter.timestamp ?? -1,
      key ?? noBytes,
      key === null ? -1 : 0,
      key?.length ?? -1,
      value ?? noBytes,
      value === null ? -1 : 0,
      value?.length ?? -1,
      list,
    );
  return (key?.length ?? 0) + (value?.length ?? 0);
}

/** @throws MR_ARGUMENT_INVALID if it is no letter: handlers are the user's code, and not all of it is typed */
export function checkDeadLetter(letter: DeadLetter): void {
  const { headers, key, timestamp, topic, value } = letter;
  const wrong =
    typeof topic !== 'string' || topic === ''
      ? 'it has no topic'
      : !isBytes(key) || !isBytes(value)
        ? 'key and value must be a Uint8Array or null'
        : timestamp !== undefined && !Number.isSafeInteger(timestamp)
          ? `its timestamp is ${timestamp}`
          : undefined;
  if (wrong !== undefined) throw new StreamsError('MR_ARGUMENT_INVALID', `a handler gave a dead letter that cannot be sent: ${wrong}`);
  if (headers !== undefined) Headers.of(headers);
}

function isBytes(value: unknown): boolean {
  return value === null || value instanceof Uint8Array;
}

export class DeadLetterSender {
  readonly #output: Output;
  readonly #spare: number;
  readonly #sent: Counter;
  readonly #lastWords: ((letters: readonly DeadLetter[]) => void) | undefined;
  #waiting: DeadLetter[] = [];

  /** `lastWords` undefined: every letter goes into `output`. */
  constructor(output: Output, spare: number, sent: Counter, lastWords: ((letters: readonly DeadLetter[]) => void) | undefined) {
    this.#output = output;
    this.#spare = spare;
    this.#sent = sent;
    this.#lastWords = lastWords;
  }

  get waiting(): boolean {
    return this.#waiting.length > 0;
  }

  get unresolvedTopics(): readonly string[] {
    return this.#waiting.map(({ topic }) => topic);
  }

  /** Returns the bytes that were appended to the output. `stops`: the failure ends the task. */
  send(letters: readonly DeadLetter[], stops: boolean): number {
    for (const letter of letters) checkDeadLetter(letter);
    this.#sent.add(letters.length);
    if (stops && this.#lastWords !== undefined) {
      if (letters.length > 0) this.#lastWords(letters);
      return 0;
    }
    let bytes = 0;
    for (const letter of letters) bytes += this.#append(letter);
    return bytes;
  }

  /** Sends what waited for topics that are known now. */
  retry(): number {
    const waiting = this.#waiting;
    this.#waiting = [];
    let bytes = 0;
    for (const letter of waiting) bytes += this.#append(letter);
    return bytes;
  }

  clear(): void {
    this.#waiting = [];
  }

  #append(letter: DeadLetter): number {
    const count = this.#output.partitionCount(letter.topic);
    if (count !== undefined) return appendDeadLetter(this.#output, letter, count, this.#spare);
    this.#waiting.push(letter);
    return 0;
  }
}
