/** Every part of an expectation is compared, apart from the others. */
import { describe, expect, it } from 'vitest';
import type { Expectation } from '../src/case.ts';
import { compare, type Part } from '../src/compare.ts';
import { showDifferences } from '../src/differences.ts';

const expected: Expectation = {
  steps: [[{ t: 'out', k: 'k', v: 'v', ts: 1 }], []],
  stores: { S: [['a', 'b', 1]] },
  dropped: 2,
  describe: 'Topologies:\n one\n two\n three\n four\n five\n six\n',
  error: undefined,
};

describe('comparing', () => {
  it('finds nothing where nothing differs, in whatever order fields stand', () => {
    expect(compare(expected, { ...expected, steps: [[{ ts: 1, v: 'v', k: 'k', t: 'out' }], []] })).toEqual([]);
  });

  it.each<[part: Part, actual: Partial<Expectation>]>([
    ['steps', { steps: [[], [{ t: 'out', k: 'k', v: 'v', ts: 1 }]] }],
    ['steps', { steps: [[{ t: 'out', k: 'k', v: 'v', ts: 1 }]] }],
    ['stores', { stores: {} }],
    ['stores', { stores: { S: [['a', 'b', 1]], T: [] } }],
    ['dropped', { dropped: 3 }],
    ['describe', { describe: 'Topologies:\n' }],
    ['error', { error: { phase: 'run', step: 1, class: 'StreamsException' } }],
  ])('sees that %s differ', (part, actual) => {
    expect(compare(expected, { ...expected, ...actual }).map((difference) => difference.part)).toEqual([part]);
  });

  it('looks at phase, step and class of an error alone', () => {
    const error = { phase: 'run', step: 1, class: 'StreamsException' };
    expect(compare({ ...expected, error }, { ...expected, error: { ...error, message: 'whatever' } as typeof error })).toEqual([]);
    for (const other of [{ phase: 'start' }, { step: 2 }, { class: 'TopologyException' }]) {
      expect(compare({ ...expected, error }, { ...expected, error: { ...error, ...other } })).toHaveLength(1);
    }
  });
});

describe('differences', () => {
  it('show the lines that differ and a few around them', () => {
    const shown = showDifferences(compare(expected, { ...expected, describe: 'Topologies:\n one\n two\n three\n for\n five\n six\n' }));
    expect(shown).toBe('  describe\n       two\n       three\n    -  four\n    +  for\n       five\n       six');
  });

  it('show only the steps and stores that differ', () => {
    const actual = {
      ...expected,
      steps: [[{ t: 'out', k: 'k', v: 'v', ts: 1 }], [{ t: '#p' }]],
      stores: { S: [['a', 'c', 1]] },
      dropped: undefined,
    };
    expect(showDifferences(compare(expected, actual))).toBe(
      [
        '  steps',
        '    input 1',
        '    + {"t":"#p"}',
        '  stores',
        '    S',
        '    - ["a","b",1]',
        '    + ["a","c",1]',
        '  dropped',
        '    - 2',
        '    + (nothing)',
      ].join('\n'),
    );
  });
});
