/** Gives every record as a line of text to a function, and ends there. Kafka Streams: `KStreamPrint`, `Printed`. */
import type { Processor } from '../processor/processor.ts';
import type { StreamRecord } from '../record.ts';
import { requireFunction, type Mapper } from './functions.ts';
import type { Operator } from './operator.ts';

class Print<K, V> implements Processor<K, V, never, never> {
  readonly #write: (line: string) => void;
  readonly #label: string;
  readonly #mapper: Mapper<K, V, string>;

  constructor(write: (line: string) => void, label: string, mapper: Mapper<K, V, string>) {
    this.#write = write;
    this.#label = label;
    this.#mapper = mapper;
  }

  process(record: StreamRecord<K, V>): void {
    this.#write(`[${this.#label}]: ${this.#mapper(record.value, record.key)}`);
  }
}

const keyAndValue: Mapper<unknown, unknown, string> = (value, key) => `${String(key)}, ${String(value)}`;

export function print<K, V>(
  write: (line: string) => void,
  label: string,
  mapper: Mapper<K, V, string> = keyAndValue,
): Operator<K, V, never, never> {
  requireFunction(write, 'what print writes with');
  requireFunction(mapper, 'the mapper of print');
  return { prefix: 'KSTREAM-PRINTER-', changesKey: false, changesValue: false, create: () => new Print(write, label, mapper) };
}
