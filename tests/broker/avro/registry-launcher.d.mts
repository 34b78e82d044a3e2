export interface RealRegistry {
  /** Confluent's API. */
  readonly url: string;
  /** Apicurio's own API, which its serializers want. */
  readonly ownUrl: string;
  stop(): Promise<void>;
}

export function startRegistry(): Promise<RealRegistry>;
