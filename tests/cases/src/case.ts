/** A case as it lies in a file. */
import { arrayOf, CaseFormatError, isObject, type Json, type JsonObject, objectOf, textOf } from './json.ts';

export interface Case {
  readonly id: string;
  readonly about: string | undefined;
  /** Java fails here although nothing promises that: documentation, not a demand. */
  readonly accident: boolean;
  readonly config: JsonObject;
  readonly topology: readonly JsonObject[];
  readonly inputs: readonly JsonObject[];
  readonly expect: Expectation;
}

/** An error, with what tells errors apart across languages. */
export interface ExpectedError {
  readonly phase: string;
  readonly step: number | undefined;
  readonly class: string;
}

/** What came out, or should have: each part is absent where an error hides it. */
export interface Expectation {
  readonly steps: readonly Json[] | undefined;
  readonly stores: JsonObject | undefined;
  readonly dropped: number | undefined;
  readonly describe: string | undefined;
  readonly error: ExpectedError | undefined;
}

export function caseFromJson(json: Json): Case {
  const fields = objectOf(json, 'a case');
  const tags = fields['tags'] === undefined ? [] : arrayOf(fields['tags'], 'tags');
  return {
    id: textOf(fields['id'], 'id'),
    about: typeof fields['about'] === 'string' ? fields['about'] : undefined,
    accident: tags.includes('accident'),
    config: fields['config'] === undefined ? {} : objectOf(fields['config'], 'config'),
    topology: arrayOf(fields['topology'], 'topology').map((op) => objectOf(op, 'an operator')),
    inputs: arrayOf(fields['inputs'], 'inputs').map((input) => objectOf(input, 'an input')),
    expect: expectationFromJson(objectOf(fields['expect'], 'expect')),
  };
}

function expectationFromJson(expect: JsonObject): Expectation {
  const { steps, stores, dropped, describe, error } = expect;
  if (error !== undefined && !isObject(error)) throw new CaseFormatError('error should be an object');
  return {
    steps: steps === undefined ? undefined : arrayOf(steps, 'steps'),
    stores: stores === undefined ? undefined : objectOf(stores, 'stores'),
    dropped: typeof dropped === 'number' ? dropped : undefined,
    describe: typeof describe === 'string' ? describe : undefined,
    error:
      error === undefined
        ? undefined
        : {
            phase: textOf(error['phase'], 'phase'),
            step: typeof error['step'] === 'number' ? error['step'] : undefined,
            class: textOf(error['class'], 'class'),
          },
  };
}
