/** Where a setting comes from, in the numbers of DescribeConfigs. */
import type { TopicConfigs } from '../cluster/topic-configs.ts';

const topicSource = 1;
const defaultSource = 5;

/** Set on the topic, or a default. */
export function configSource(configs: TopicConfigs, name: string): number {
  return configs.own.has(name) ? topicSource : defaultSource;
}
