/** The client on the embedded cluster over TCP, by the connections of @platformatic/kafka. */
import { describeClientConformance } from '@millrace/kafka/conformance';
import { platformatic } from '@millrace/kafka/platformatic';
import { describe, expect, it } from 'vitest';
import { openTcpEnvironment } from './tcp-environment.ts';

describeClientConformance(
  { describe, it, expect },
  {
    name: 'on three embedded brokers over @platformatic/kafka',
    open: () => openTcpEnvironment((bootstrapBrokers) => platformatic({ bootstrapBrokers })),
  },
);
