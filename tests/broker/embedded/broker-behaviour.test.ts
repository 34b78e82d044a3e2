/** A real broker, asked what the embedded cluster is asked: what both must answer alike. */
import { kafkajsWire } from '@millrace/kafka/kafkajs';
import { describeBrokerBehaviour } from '../../embedded/behaviour/broker-behaviour.ts';
import { bootstrap } from '../support/broker.ts';

describeBrokerBehaviour('a real broker', () => kafkajsWire({ brokers: bootstrap().split(',') }));
