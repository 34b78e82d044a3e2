/** What a serde is made with. */
import type { CodecOptions } from '../codec/codec-options.ts';
import type { SchemaReference, SchemaRegistry } from '../registry/schema-registry.ts';
import type { SubjectName } from '../registry/subject-names.ts';

/** Without a registry: single objects, which name their schema by its fingerprint. For state and for topics of one's own. */
export interface AvroObjectOptions extends CodecOptions {
  readonly registry?: undefined;
  /** Schemas of earlier versions, so that what was written with them can be read. Those that a store has seen on this disk are known without. */
  readonly history?: readonly unknown[] | undefined;
}

export interface AvroRegistryOptions extends CodecOptions {
  readonly registry: SchemaRegistry;
  /** The subject to register under. Ignored where the serde was made from a subject. @default 'topic' */
  readonly subject?: SubjectName | undefined;
  /** False: the registry must have the schema under the subject already. @default true */
  readonly autoRegister?: boolean | undefined;
  /** Types that the schema names and does not define. */
  readonly references?: readonly SchemaReference[] | undefined;
  /**
   * What happens where the registry does not answer and something is not known: `wait` holds back the partition, or the start of the task, and asks again; `fail` gives the record to
   * the deserialization handler, or ends the start.
   *
   * @default 'wait'
   */
  readonly whenUnavailable?: 'wait' | 'fail' | undefined;
}
