/** Settings of a one-node broker for tests: nothing replicated, nothing created or expired by accident, quick to start and to form groups. */

/**
 * @param {{ directory: string, port: number, controllerPort: number }} place
 * @returns {Record<string, string>}
 */
export function brokerSettings({ directory, port, controllerPort }) {
  const listener = `PLAINTEXT://127.0.0.1:${port}`;
  const forEver = '9223372036854775807';
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `${listener},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': listener,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': `${directory}/data`,

    'default.replication.factor': '1',
    'min.insync.replicas': '1',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'share.coordinator.state.topic.num.partitions': '1',

    'auto.create.topics.enable': 'false',
    'num.partitions': '1',
    'group.initial.rebalance.delay.ms': '0',
    'group.streams.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '100',

    // Tests write timestamps like 0 or those of the year 2000.
    'log.message.timestamp.before.max.ms': forEver,
    'log.message.timestamp.after.max.ms': forEver,
    'log.retention.ms': '-1',
    'log.roll.ms': forEver,

    // How long a killed broker's registration keeps its successor out.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',

    'num.network.threads': '2',
    'num.io.threads': '4',
    'log.cleaner.dedupe.buffer.size': '16777216',
  };
}
