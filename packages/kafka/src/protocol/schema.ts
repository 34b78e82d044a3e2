/**
 * The vocabulary in which messages are described: plain data, one description per API for every version.
 * The TypeScript types of requests and responses derive from the same data, so that no twin types exist.
 */

/** Scalar types of the Kafka protocol and what they are in JavaScript. `int64` is refused beyond ±(2^53 − 1), `uuid` is Kafka's base64url text. */
export interface ScalarTypes {
  readonly boolean: boolean;
  readonly int8: number;
  readonly int16: number;
  readonly uint16: number;
  readonly int32: number;
  readonly uint32: number;
  readonly int64: number;
  readonly float64: number;
  readonly uuid: string;
  readonly string: string;
  readonly bytes: Uint8Array;
  /** Record batches: framed as `bytes`, never looked into here. */
  readonly records: Uint8Array;
}

export type ScalarName = keyof ScalarTypes;

/** What may be said about any field beside its type. Versions are of the message, bounds inclusive. */
export interface FieldFacts {
  /** First version that has the field; 0 if absent. */
  readonly since?: number;
  /** Last version that has the field; open if absent. */
  readonly until?: number;
  /** First version in which it may be null; never if absent. */
  readonly nullableSince?: number;
  /** Number of the tagged field as which it travels. */
  readonly tag?: number;
  /** The value that an encoder writes where none is given, and that a decoder reports in versions without the field. */
  readonly default?: number | boolean | string | null;
  /** A value given for a version without the field is left out; without this flag that is an error. */
  readonly ignorable?: true;
}

export interface ScalarField extends FieldFacts {
  readonly type: ScalarName;
}

export interface ArrayField extends FieldFacts {
  readonly array: ScalarName | Fields;
}

export interface StructField extends FieldFacts {
  readonly struct: Fields;
}

/** A field; a bare scalar name is one that every version has. */
export type Field = ScalarName | ScalarField | ArrayField | StructField;

/** Fields in wire order, by camelCase name. */
export interface Fields {
  readonly [name: string]: Field;
}

/** A structure that stands by itself, such as a subscription inside JoinGroup. */
export interface StructDescription {
  readonly name: string;
  readonly versions: readonly [min: number, max: number];
  /** First version with compact lengths and tagged fields; none if absent. */
  readonly flexibleFrom?: number;
  readonly fields: Fields;
}

/** One API: a request and its response. */
export interface ApiDescription {
  readonly key: number;
  readonly name: string;
  /** The versions that are described here, not those that a broker offers. */
  readonly versions: readonly [min: number, max: number];
  /** First version with compact lengths, tagged fields and the longer headers; none if absent. */
  readonly flexibleFrom?: number;
  readonly request: Fields;
  readonly response: Fields;
}

type ElementValue<E> = E extends ScalarName ? ScalarTypes[E] : E extends Fields ? Decoded<E> : never;

type BareValue<F> = F extends ScalarName
  ? ScalarTypes[F]
  : F extends { readonly type: infer T extends ScalarName }
    ? ScalarTypes[T]
    : F extends { readonly array: infer E }
      ? readonly ElementValue<E>[]
      : F extends { readonly struct: infer S extends Fields }
        ? Decoded<S>
        : never;

type OrNull<F> = F extends { readonly nullableSince: number } ? null : never;

/** What a decoder returns: every field of every version, with defaults where the version lacks it. */
export type Decoded<S extends Fields> = { readonly [Name in keyof S]: BareValue<S[Name]> | OrNull<S[Name]> };

type ElementInput<E> = E extends ScalarName ? ScalarTypes[E] : E extends Fields ? Encodable<E> : never;

type InputValue<F> =
  | OrNull<F>
  | (F extends { readonly array: infer E }
      ? readonly ElementInput<E>[]
      : F extends { readonly struct: infer S extends Fields }
        ? Encodable<S>
        : BareValue<F>);

/** Names that may be left out of an encoder's input: those with a default, those that some versions lack. */
type OptionalName<S extends Fields> = {
  [Name in keyof S]: S[Name] extends
    | { readonly default: unknown }
    | { readonly since: number }
    | { readonly until: number }
    | { readonly tag: number }
    ? Name
    : never;
}[keyof S];

/** What an encoder accepts. A decoded message is accepted too. */
export type Encodable<S extends Fields> = {
  readonly [Name in Exclude<keyof S, OptionalName<S>>]: InputValue<S[Name]>;
} & {
  readonly [Name in OptionalName<S>]?: InputValue<S[Name]> | undefined;
};

/** A request as a server decodes it. */
export type RequestOf<A extends ApiDescription> = Decoded<A['request']>;
/** A response as a client decodes it. */
export type ResponseOf<A extends ApiDescription> = Decoded<A['response']>;
/** A request as a client hands it to the encoder. */
export type RequestInputOf<A extends ApiDescription> = Encodable<A['request']>;
/** A response as a server hands it to the encoder. */
export type ResponseInputOf<A extends ApiDescription> = Encodable<A['response']>;
