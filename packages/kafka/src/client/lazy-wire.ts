/** A wire whose library is loaded on first use, so that importing the client asks for no peer that the application does not use. */
import type { ApiDescription } from '../protocol/schema.ts';
import { WireError } from '../wire/wire-error.ts';
import type {
  Channel,
  NodeAddress,
  NodeSelector,
  NodeVersions,
  WireContext,
  WireFactory,
  WirePort,
  WireRequestOptions,
} from '../wire/wire-port.ts';

/**
 * @param load imports the library's adapter
 * @param remedy how the library gets installed, for the error of its absence
 */
export function lazyWire(load: () => Promise<WireFactory>, remedy: string): WireFactory {
  return (context) => new LazyWire(load, remedy, context);
}

class LazyWire implements WirePort {
  readonly #load: () => Promise<WireFactory>;
  readonly #remedy: string;
  readonly #context: WireContext;
  #loading: Promise<WirePort> | undefined;
  #wire: WirePort | undefined;
  #nodes: readonly NodeAddress[] = [];
  #isClosed = false;

  constructor(load: () => Promise<WireFactory>, remedy: string, context: WireContext) {
    this.#load = load;
    this.#remedy = remedy;
    this.#context = context;
  }

  async request(
    node: NodeSelector,
    channel: Channel,
    api: ApiDescription,
    version: number,
    body: Uint8Array,
    options: WireRequestOptions,
  ): Promise<Uint8Array> {
    const wire = this.#wire ?? (await this.#loaded());
    return wire.request(node, channel, api, version, body, options);
  }

  async versions(node: NodeSelector, options: WireRequestOptions): Promise<NodeVersions> {
    const wire = this.#wire ?? (await this.#loaded());
    return wire.versions(node, options);
  }

  learnNodes(nodes: readonly NodeAddress[]): void {
    this.#nodes = nodes;
    this.#wire?.learnNodes(nodes);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#wire?.close();
  }

  #loaded(): Promise<WirePort> {
    return (this.#loading ??= this.#open());
  }

  async #open(): Promise<WirePort> {
    let factory: WireFactory;
    try {
      factory = await this.#load();
    } catch (error) {
      throw new WireError('configuration', `the library that carries the bytes cannot be loaded: ${this.#remedy}`, {
        cause: error,
        maybeSent: false,
      });
    }
    if (this.#isClosed) throw new WireError('closed', 'the wire was closed', { maybeSent: false });
    const wire = factory(this.#context);
    if (this.#nodes.length > 0) wire.learnNodes(this.#nodes);
    return (this.#wire = wire);
  }
}
