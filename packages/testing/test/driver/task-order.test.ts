/** One record may wake several tasks: `taskOrder` says which of them goes first, so that a test can see what rests on it. */
import { serdes, StreamsBuilder } from '@millrace/core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, it } from 'vitest';

it.each([
  ['ascending', ['b', 'd']],
  ['descending', ['d', 'b']],
] as const)('tasks take their turns %s', (taskOrder, expected) => {
  const builder = new StreamsBuilder({ key: serdes.string(), value: serdes.string() });
  builder
    .stream('lines')
    .flatMap((line) => line.split(' ').map((word): [string, string] => [word, word]))
    .repartition({ name: 'words', partitions: 2 })
    .to('out');
  using driver = new TopologyTestDriver(builder.build(), { partitions: { out: 1 }, taskOrder });
  driver.createInputTopic('lines', { key: serdes.string(), value: serdes.string() }).pipeInput('d b');
  const internal = driver.createOutputTopic('test-words-repartition', { key: serdes.string(), value: serdes.string() });
  // "b" is in partition 0, "d" in partition 1.
  expect(internal.readRecordsToList().map(({ partition, value }) => [value, partition])).toEqual([
    ['d', 1],
    ['b', 0],
  ]);
  expect(driver.createOutputTopic('out', { key: serdes.string(), value: serdes.string() }).readValuesToList()).toEqual(expected);
});
