/** A trial whose application and topics have names of their own, so that many run on one cluster. */
import { caseFromJson } from '#cases/case';
import { isArray, isObject, type Json, type JsonObject, textOf } from '#cases/json';
import type { Trial } from './trial.ts';

/** `prefix`: stands in front of every name; letters, digits and hyphens. */
export function renamed(trial: Trial, prefix: string): Trial {
  const { applicationId, testCase } = trial;
  const { config, id, inputs, topology } = testCase;
  const { deadLetterTopic, ...settings } = config;
  return {
    ...trial,
    applicationId: `${prefix}${applicationId}`,
    testCase: caseFromJson({
      id,
      config: typeof deadLetterTopic === 'string' ? { ...settings, deadLetterTopic: `${prefix}${deadLetterTopic}` } : settings,
      topology: topology.map((fields) => operator(fields, prefix)),
      inputs: inputs.map((input) => (typeof input['t'] === 'string' ? { ...input, t: `${prefix}${input['t']}` } : input)),
      expect: {},
    }),
  };
}

/** Fields that name a topic, in operators and their branches. */
const topicFields: ReadonlySet<string> = new Set(['topic', 'topics', 'consumeTo']);

function operator(fields: JsonObject, prefix: string): JsonObject {
  const { branches, default: otherwise, pattern, topicBy, topicPrefix = '' } = fields;
  const own = Object.entries(fields).map(([name, value]) => [name, topicFields.has(name) ? named(value, prefix) : value] as const);
  return {
    ...Object.fromEntries(own),
    ...(typeof pattern === 'string' ? { pattern: `${prefix}(?:${pattern})` } : {}),
    ...(topicBy === undefined ? {} : { topicPrefix: `${prefix}${textOf(topicPrefix, 'topicPrefix')}` }),
    ...(isArray(branches) ? { branches: branches.map((branch) => (isObject(branch) ? operator(branch, prefix) : branch)) } : {}),
    ...(isObject(otherwise) ? { default: operator(otherwise, prefix) } : {}),
  };
}

function named(value: Json | undefined, prefix: string): Json | undefined {
  if (typeof value === 'string') return `${prefix}${value}`;
  return isArray(value) ? value.map((topic) => `${prefix}${textOf(topic, 'a topic')}`) : value;
}
