/** `@millrace/kafka/platformatic`: the client over connections of @platformatic/kafka. */
import type { ClientFactory } from '@millrace/core/kafka';
import { clientOver, type ClientOptions } from './client/streams-client.ts';
import { type PlatformaticConfig, platformaticWire } from './wire/platformatic/platformatic-wire.ts';

export { type PlatformaticConfig, platformaticWire };

/** A client over connections that are configured in the words of @platformatic/kafka. */
export function platformatic(config: PlatformaticConfig, options: ClientOptions = {}): ClientFactory {
  return clientOver(platformaticWire(config), options);
}
