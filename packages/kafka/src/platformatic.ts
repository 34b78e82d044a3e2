/** `@millrace/kafka/platformatic`: the client over connections of @platformatic/kafka. */
import { checkOptionNames, type ClientFactory } from '@millrace/core/kafka';
import { clientOptionNames, clientOver, type ClientOptions } from './client/streams-client.ts';
import { type PlatformaticConfig, platformaticWire } from './wire/platformatic/platformatic-wire.ts';

export { type PlatformaticConfig, platformaticWire };

/** A client over connections that are configured in the words of @platformatic/kafka. */
export function platformatic(config: PlatformaticConfig, options: ClientOptions = {}): ClientFactory {
  checkOptionNames(options, Object.keys(clientOptionNames), 'platformatic');
  return clientOver(platformaticWire(config), options);
}
