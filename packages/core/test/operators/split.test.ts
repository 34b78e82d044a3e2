import { serdes } from '@millrace/core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { type TextBuilder, textBuilder } from './support.ts';

function outputs(build: (builder: TextBuilder) => void, values: readonly string[], topics: readonly string[]) {
  const builder = textBuilder();
  build(builder);
  using driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic('in', { key: serdes.string(), value: serdes.string() }).pipeValues(values);
  return Object.fromEntries(
    topics.map((topic) => [topic, driver.createOutputTopic(topic, { key: serdes.string(), value: serdes.string() }).readValuesToList()]),
  );
}

test('the first branch that accepts a record gets it, the default branch the rest', () => {
  const ran = outputs(
    (builder) => {
      const { a, ab, rest } = builder
        .stream('in')
        .split({ a: (v) => v.startsWith('a'), ab: (v) => v.startsWith('ab') || v === 'b' }, { default: 'rest' });
      a.to('a');
      ab.to('ab');
      rest.to('rest');
    },
    ['abc', 'b', 'c', 'a'],
    ['a', 'ab', 'rest'],
  );
  expect(ran).toEqual({ a: ['abc', 'a'], ab: ['b'], rest: ['c'] });
});

test('without a default branch the rest goes nowhere', () => {
  const ran = outputs(
    (builder) =>
      builder
        .stream('in')
        .split({ a: (v) => v === 'a' })
        .a.to('a'),
    ['b', 'a'],
    ['a'],
  );
  expect(ran).toEqual({ a: ['a'] });
});

test('branches of an array go on with their functions, in order', () => {
  const calls: string[] = [];
  const ran = outputs(
    (builder) => {
      const [shouted, , rest] = builder.stream('in').split(
        [
          {
            when: (v) => v === 'a',
            apply: (branch) => {
              calls.push('first');
              return branch.mapValues((v) => v.toUpperCase());
            },
          },
          {
            when: (v) => v === 'b',
            apply: (branch) => {
              calls.push('second');
              branch.to('b');
            },
          },
        ],
        { default: { name: 'other' }, name: 'sp-' },
      );
      shouted.to('a');
      rest.to('rest');
      expect(builder.build().describe()).toMatch(/Processor: sp- [^]*--> sp-1, sp-2, sp-other/);
    },
    ['a', 'b', 'c'],
    ['a', 'b', 'rest'],
  );
  expect(calls).toEqual(['first', 'second']);
  expect(ran).toEqual({ a: ['A'], b: ['b'], rest: ['c'] });
});

test('named branches name their nodes behind the split’s name', () => {
  const builder = textBuilder();
  builder.stream('in').split({ a: () => true, b: () => true }, { default: 'c', name: 'sp-' });
  builder.stream('in').split({ a: () => true }, {});
  const names = builder.build().plan.subtopologies.flatMap((subtopology) => subtopology.nodes.map((node) => node.name));
  expect(names).toEqual([
    'KSTREAM-SOURCE-0000000000',
    'sp-',
    'sp-a',
    'sp-b',
    'sp-c',
    'KSTREAM-BRANCH-0000000006',
    'KSTREAM-BRANCH-0000000006a',
  ]);
});
