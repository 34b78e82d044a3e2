/**
 * Fills in the builder's default serdes where the DSL knows none, and reports what is still missing, all at once.
 */
import { StreamsError } from '../errors.ts';
import type { Serde } from '../serde/serde.ts';
import type { MaybeSerde } from './graph.ts';

export interface DefaultSerdes {
  readonly keySerde: MaybeSerde;
  readonly valueSerde: MaybeSerde;
}

/** Stands in a plan that is never returned, where a serde is missing. */
const missing: Serde<unknown> = {
  immutable: true,
  primitive: false,
  format: undefined,
  decode: () => null,
  encodeInto: () => undefined,
};

export class SerdeResolution {
  readonly #defaults: DefaultSerdes;
  readonly #missing: { readonly what: string; readonly node: string; readonly store: string | undefined }[] = [];

  constructor(defaults: DefaultSerdes) {
    this.#defaults = defaults;
  }

  /** `where`: e.g. `source "KSTREAM-SOURCE-0000000000" (topic "in")`. */
  resolve(role: 'key' | 'value', serde: MaybeSerde, where: string, node: string, store?: string): Serde<unknown> {
    const found = serde ?? (role === 'key' ? this.#defaults.keySerde : this.#defaults.valueSerde);
    if (found !== undefined) return found;
    this.#missing.push({ what: `no ${role} serde for ${where}`, node, store });
    return missing;
  }

  /** @throws MR_SERDE_MISSING with every place and the remedy. */
  check(description: string): void {
    const [first] = this.#missing;
    if (first === undefined) return;
    const list = this.#missing.map((entry) => entry.what).join('; ');
    throw new StreamsError(
      'MR_SERDE_MISSING',
      `${list}. Give { key, value } to the operator that names the types (stream, table, groupBy, groupByKey, repartition, toTable, store, to), ` +
        'or defaults to new StreamsBuilder({ key, value }). Operators that change key or value forget its serde',
      { details: { node: first.node, store: first.store, topology: description } },
    );
  }
}
