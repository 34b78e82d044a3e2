/**
 * The names that operators, stores and topics get: the one place where they are made, since state, changelogs and `describe()` hang on them.
 *
 * One counter for processors and stores of a builder, ten digits, in the order of the DSL calls. A name that the user gives takes the place of a generated
 * one but still consumes its index, so that naming one operator does not rename all others.
 * Kafka Streams: `InternalStreamsBuilder`, `NamedInternal`, `Named`.
 */
import { TopologyError } from '../errors.ts';
import { isText } from '../option-checks.ts';

const maxNameLength = 249;

/**
 * Checks a name that a user gave: what a topic may be called, since names become parts of topic names.
 *
 * @throws MR_TOPOLOGY_INVALID; MR_ARGUMENT_INVALID for what is no text
 */
export function validateName(name: string): void {
  isText(name, 'a name');
  if (name.length === 0) throw new TopologyError('a name must not be empty');
  if (name === '.' || name === '..') throw new TopologyError('a name must not be "." or ".."', { details: { name } });
  if (name.length > maxNameLength) {
    throw new TopologyError(`a name has at most ${maxNameLength} characters, got ${name.length}: ${name}`, { details: { name } });
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    throw new TopologyError(`the name "${name}" has a character other than ASCII letters, digits, ".", "_" and "-"`, { details: { name } });
  }
}

const suffixOfRepartition = '-repartition';
const generatedStreamName = /^KSTREAM.*-[0-9]{10}$/;

/** Names of the three nodes and the topic that a repartition consists of. */
export interface RepartitionNames {
  readonly topic: string;
  readonly sink: string;
  readonly filter: string;
  readonly source: string;
}

export class Names {
  #index = 0;

  /** The next generated name of a processor. */
  processor(prefix: string): string {
    return prefix + this.#next();
  }

  /** The next generated name of a store. */
  store(prefix: string): string {
    return `${prefix}STATE-STORE-${this.#next()}`;
  }

  /** The user's name, or a generated one; consumes an index either way. */
  named(name: string | undefined, prefix: string): string {
    const generated = this.processor(prefix);
    if (name === undefined) return generated;
    validateName(name);
    return name;
  }

  /** The user's name with a suffix, or a generated one; consumes an index either way. */
  suffixed(name: string | undefined, suffix: string, prefix: string): string {
    const generated = this.processor(prefix);
    if (name === undefined) return generated;
    const suffixed = name + suffix;
    validateName(suffixed);
    return suffixed;
  }

  /** Consumes an index without using it, where a name once was generated and numbers must stay as they are. */
  skip(): void {
    this.#index++;
  }

  /** Names of a stream's repartition: derived from a user's name, numbered behind a generated one. Consumes three indexes either way. */
  repartition(namePrefix: string): RepartitionNames {
    const topic = namePrefix.endsWith(suffixOfRepartition) ? namePrefix : namePrefix + suffixOfRepartition;
    const generated = {
      sink: this.processor('KSTREAM-SINK-'),
      filter: this.processor('KSTREAM-FILTER-'),
      source: this.processor('KSTREAM-SOURCE-'),
    };
    if (generatedStreamName.test(namePrefix)) return { topic, ...generated };
    return { topic, sink: `${topic}-sink`, filter: `${topic}-filter`, source: `${topic}-source` };
  }

  #next(): string {
    return String(this.#index++).padStart(10, '0');
  }
}
