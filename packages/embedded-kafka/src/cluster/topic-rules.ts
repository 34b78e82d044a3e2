/** What a controller checks before it makes a topic, with the codes and words of a 4.3 one. */
import { brokerErrorCodes } from '@millrace/kafka/protocol';
import { configFault } from './topic-configs.ts';

export interface Refusal {
  readonly errorCode: number;
  readonly message: string;
}

const maxNameLength = 249;

export function nameFault(name: string): Refusal | undefined {
  const invalid = (why: string): Refusal => ({
    errorCode: brokerErrorCodes.INVALID_TOPIC_EXCEPTION,
    message: `Topic name is invalid: ${why}`,
  });
  if (name === '') return invalid('the empty string is not allowed');
  if (name === '.' || name === '..') return invalid(`'${name}' is not allowed`);
  if (name.length > maxNameLength) return invalid(`the length of '${name}' is longer than the max allowed length ${maxNameLength}`);
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return invalid(`'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`);
  }
  return undefined;
}

/** Names that differ only in dots and underscores collide in metric names. */
export function collisionFault(name: string, existing: Iterable<string>): Refusal | undefined {
  if (!/[._]/.test(name)) return undefined;
  const plain = name.replaceAll('.', '_');
  for (const other of existing) {
    if (other !== name && other.replaceAll('.', '_') === plain) {
      return { errorCode: brokerErrorCodes.INVALID_TOPIC_EXCEPTION, message: `Topic '${name}' collides with existing topic: ${other}` };
    }
  }
  return undefined;
}

export function configsFault(configs: Iterable<readonly [name: string, value: string | null]>): Refusal | undefined {
  for (const [name, value] of configs) {
    const message = value === null ? `Null value not supported for topic configs: ${name}` : configFault(name, value);
    if (message !== undefined) return { errorCode: brokerErrorCodes.INVALID_CONFIG, message };
  }
  return undefined;
}
