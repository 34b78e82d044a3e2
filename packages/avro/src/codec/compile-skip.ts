/** Functions that pass over what a writer wrote and the reader does not want, with the same bounds as reading. */
import type { RecordSchema, Schema } from '../schema/schema.ts';
import type { ByteSource } from './byte-source.ts';
import { leastBytes } from './resolution.ts';

export type Skip = (source: ByteSource) => void;

export class SkipCompiler {
  readonly #records = new Map<RecordSchema, Skip>();

  compile(schema: Schema): Skip {
    switch (schema.type) {
      case 'null':
        return () => {};
      case 'boolean':
        return (source) => void source.readBoolean();
      case 'int':
        return (source) => void source.readInt();
      case 'long':
        return (source) => source.skipLong();
      case 'float':
        return (source) => source.skip(4);
      case 'double':
        return (source) => source.skip(8);
      case 'string':
      case 'bytes':
        return (source) => source.skipBytes();
      case 'fixed':
        return (source) => source.skip(schema.size);
      case 'enum':
        return (source) => void source.readIndex(schema.symbols.length, schema.name);
      case 'union': {
        const branches = schema.branches.map((branch) => this.compile(branch));
        return (source) => (branches[source.readIndex(branches.length, 'a union')] as Skip)(source);
      }
      case 'array':
        return blocks(this.compile(schema.items), leastBytes(schema.items));
      case 'map': {
        const value = this.compile(schema.values);
        return blocks(
          (source) => {
            source.skipBytes();
            value(source);
          },
          1 + leastBytes(schema.values),
        );
      }
      case 'record':
        return this.#record(schema);
    }
  }

  #record(schema: RecordSchema): Skip {
    const known = this.#records.get(schema);
    if (known !== undefined) return known;
    let fields: readonly Skip[] = [];
    const skip: Skip = (source) => {
      source.enter();
      for (let i = 0; i < fields.length; i++) (fields[i] as Skip)(source);
      source.leave();
    };
    this.#records.set(schema, skip);
    fields = schema.fields.map((field) => this.compile(field.schema));
    return skip;
  }
}

function blocks(item: Skip, itemBytes: number): Skip {
  return (source) => {
    for (let count = source.skipBlock(itemBytes); count > 0; count = source.skipBlock(itemBytes)) while (count-- > 0) item(source);
  };
}
