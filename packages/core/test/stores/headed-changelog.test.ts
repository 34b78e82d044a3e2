/** A changelog whose records carry the headers of the record in progress. */
import { expect, it } from 'vitest';
import { Headers } from '../../src/headers.ts';
import type { OutputPartition } from '../../src/kafka/port.ts';
import { topicPartition } from '../../src/kafka/topic-partition.ts';
import { StreamRecord } from '../../src/record.ts';
import { HeadedChangelog } from '../../src/stores/headed-changelog.ts';
import { RecordContext } from '../../src/stores/record-context.ts';

const own = new Headers([{ key: 'own', value: null }]);
const given = new Headers([{ key: 'given', value: null }]);
const bytes = Buffer.from('key');

it.each([
  ['every record', false, 3, null, own],
  ['every record', false, -1, null, own],
  ['deletions alone', true, 3, null, null],
  ['deletions alone', true, -1, null, own],
  ['what brings headers of its own', false, 3, given, given],
])('%s (deletions only: %s, value at %i)', (_what, deletionsOnly, valueStart, headers, expected) => {
  const appended: (Headers | null)[] = [];
  const inner: OutputPartition = {
    tp: topicPartition('app-store-changelog', 3),
    get appended() {
      return appended.length + 40;
    },
    append: (_timestamp, _key, _keyStart, _keyEnd, _value, _valueStart, _valueEnd, carried) => void appended.push(carried),
  };
  const context = new RecordContext();
  context.record = StreamRecord.of({ key: 'k', value: 'v', timestamp: 1, headers: own });
  const changelog = new HeadedChangelog(inner, context, deletionsOnly);
  changelog.append(1, bytes, 0, 3, bytes, valueStart, 3, headers);
  expect(appended).toEqual([expected]);
  expect(changelog.tp).toBe(inner.tp);
  expect(changelog.appended).toBe(41);
});
