/** Orders that a `java.util.HashMap` of Kafka's topic partitions gave. */
import { expect, it } from 'vitest';
import { hashOrder } from '../../src/engine/hash-order.ts';
import { topicPartition } from '../../src/kafka/topic-partition.ts';

it.each([
  [0, 's1 s3 case-KSTREAM-AGGREGATE-STATE-STORE-0000000006-repartition', 's3 case-KSTREAM-AGGREGATE-STATE-STORE-0000000006-repartition s1'],
  [7, 's1 s3 case-KSTREAM-AGGREGATE-STATE-STORE-0000000006-repartition', 'case-KSTREAM-AGGREGATE-STATE-STORE-0000000006-repartition s1 s3'],
  [0, 'a b c', 'a b c'],
  [7, 'a b c', 'a b c'],
  [0, 'Aa BB C#', 'Aa BB C#'],
  [7, 'Aa BB C#', 'Aa BB C#'],
  [0, 'ä orders😀 t', 'orders😀 ä t'],
  [7, 'ä orders😀 t', 'ä t orders😀'],
  [0, 't0 t1 t2 t3 t4 t5 t6 t7 t8 t9 t10 t11 t12 t13 t14', 't3 t4 t5 t6 t7 t8 t9 t11 t10 t13 t12 t14 t0 t1 t2'],
  [7, 't0 t1 t2 t3 t4 t5 t6 t7 t8 t9 t10 t11 t12 t13 t14', 't10 t12 t11 t14 t13 t0 t1 t2 t3 t4 t5 t6 t7 t8 t9'],
])('partition %d of %s', (partition, topics, order) => {
  const inputs = topics.split(' ').map((topic) => ({ tp: topicPartition(topic, partition) }));
  expect(hashOrder(inputs).map(({ tp }) => tp.topic)).toEqual(order.split(' '));
});
