/** The client on the embedded cluster. */
import { describeClientConformance } from '@millrace/kafka/conformance';
import { describe, expect, it } from 'vitest';
import { EmbeddedEnvironment } from './embedded-environment.ts';

describeClientConformance({ describe, it, expect }, { name: 'on three embedded brokers', open: () => EmbeddedEnvironment.open() });
