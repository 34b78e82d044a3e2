/** The client on the embedded cluster over TCP, by the connections of kafkajs. */
import { describeClientConformance } from '@millrace/kafka/conformance';
import { kafkajs } from '@millrace/kafka/kafkajs';
import { describe, expect, it } from 'vitest';
import { openTcpEnvironment } from './tcp-environment.ts';

describeClientConformance(
  { describe, it, expect },
  { name: 'on three embedded brokers over kafkajs', open: () => openTcpEnvironment((brokers) => kafkajs({ brokers: [...brokers] })) },
);
