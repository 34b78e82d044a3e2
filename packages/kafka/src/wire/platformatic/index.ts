/** `@millrace/kafka/platformatic`: connections by @platformatic/kafka. */
export { type PlatformaticConfig, platformaticWire } from './platformatic-wire.ts';
