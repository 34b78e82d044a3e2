/** Numbers that tell waiting records of one key and time apart: none is given again after a restore. */
import { expect, it } from 'vitest';
import { StreamRecord } from '../../src/record.ts';
import type { JoinBuffer } from '../../src/stores/buffer-faces.ts';
import type { JoinBufferSpec } from '../../src/stores/store-spec.ts';
import { specBase, WindowedHarness } from './windowed-harness.ts';

const spec: JoinBufferSpec = { ...specBase, kind: 'joinBuffer', graceMs: 10 };

it('a record that left after others came gives its number to nobody', () => {
  const put = (harness: WindowedHarness<JoinBuffer<string, string>>, timestamp: number, value: string): void => {
    const record = StreamRecord.of({ key: 'k', value, timestamp });
    harness.at(timestamp).context.record = record;
    expect(harness.store.put(record)).toBe(true);
  };
  const due = (harness: WindowedHarness<JoinBuffer<string, string>>): readonly string[] => {
    const values: string[] = [];
    harness.store.evictDue({ evicted: ({ value }) => values.push(value) });
    return values;
  };
  const harness = new WindowedHarness<JoinBuffer<string, string>>(spec);
  put(harness, 0, 'first');
  for (const value of ['a', 'b']) put(harness, 10, value);
  // The last in the changelog is the deletion of the first.
  expect(due(harness)).toEqual(['first']);

  const restored = harness.commit().restored();
  put(restored, 10, 'c');
  put(restored, 20, 'd');
  expect(due(restored.commit().restored())).toEqual(['a', 'b', 'c']);
});
