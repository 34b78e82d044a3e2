/** `@millrace/kafka/kafkajs`: connections by kafkajs. */
export { kafkajsWire } from './kafkajs-wire.ts';
