/** Shrinking ends in a case that still differs, and from which nothing can be left out. */
import { expect, it } from 'vitest';
import { caseFromJson } from '#cases/case';
import { buildTopology } from '#cases/interpreter/build-topology';
import type { JsonObject } from '#cases/json';
import { features } from '../src/features.ts';
import { generateCase } from '../src/generator/generate.ts';
import { shrink, smallerCases } from '../src/shrink.ts';

const long: JsonObject = {
  id: 'long',
  config: { store: 'inMemory', cacheBytes: 300, guarantee: 'eos' },
  topology: [
    { id: 's', op: 'stream', topic: 'in' },
    { id: 'o', op: 'stream', topic: 'other' },
    { id: 'f', op: 'filter', in: 's', pred: 'always', name: 'named' },
    { id: 'm', op: 'mapValues', in: 'f', fn: ['value', ['append', '!']] },
    { id: 'g', op: 'groupByKey', in: 'm' },
    { id: 'c', op: 'count', in: 'g', mat: { name: 'S', logging: false } },
    { op: 'to', in: 'o', topic: 'out' },
  ],
  inputs: Array.from({ length: 20 }, (_, index) => ({ t: index % 2 === 0 ? 'in' : 'other', k: 'a', v: String(index), ts: index })),
};

it('leaves what makes the difference and nothing else', async () => {
  const asked: number[] = [];
  const minimal = await shrink(long, async (candidates) => {
    asked.push(candidates.length);
    return candidates.map(
      ({ inputs, topology }) =>
        JSON.stringify(inputs).includes('"v":"14"') &&
        JSON.stringify(topology).includes('"groupByKey"') &&
        JSON.stringify(topology).includes('"count"'),
    );
  });
  expect(minimal).toMatchObject({
    config: { store: 'inMemory' },
    topology: [
      { id: 's', op: 'stream', topic: 'in' },
      { id: 'g', op: 'groupByKey', in: 's' },
      { id: 'c', op: 'count', in: 'g' },
    ],
    inputs: [{ t: 'in', k: 'a', v: '14', ts: 14 }],
  });
  expect(Math.max(...asked)).toBeLessThanOrEqual(12);
});

it('gives a case back as it is when nothing smaller differs', async () => {
  expect(await shrink(long, async (candidates) => candidates.map(() => false))).toBe(long);
});

it('smaller cases are cases: what they name is there', () => {
  for (let number = 0; number < 5; number++) {
    const testCase = generateCase({ seed: 3, persistent: 0.5, features: new Set(features) }, number);
    for (const smaller of smallerCases(testCase)) {
      try {
        buildTopology(caseFromJson({ ...smaller, expect: {} }));
      } catch (error) {
        expect(String(error)).not.toContain('no operator');
      }
    }
  }
});
