/** What shapes the JavaScript values of a codec. */
import type { LogicalTypes } from './logical-types.ts';

export interface CodecOptions {
  /**
   * What a long is: a number, which is refused with `MR_AVRO_LONG_UNSAFE` beyond ±(2^53 − 1) and never rounded, or a bigint. Both are taken when writing.
   *
   * @default 'number'
   */
  readonly longs?: 'number' | 'bigint' | undefined;
  /** Takes the place of what logical types are in JavaScript. @default see the README's table */
  readonly logicalTypes?: LogicalTypes | undefined;
  /**
   * What happens to properties of a value that its record has no field for: an error, since they would be lost, or nothing.
   *
   * @default 'error'
   */
  readonly unknownFields?: 'error' | 'drop' | undefined;
}

export interface CodecSettings {
  readonly bigLongs: boolean;
  readonly logicalTypes: LogicalTypes;
  readonly dropsUnknownFields: boolean;
}

export function codecSettings(options: CodecOptions): CodecSettings {
  return {
    bigLongs: options.longs === 'bigint',
    logicalTypes: options.logicalTypes ?? {},
    dropsUnknownFields: options.unknownFields === 'drop',
  };
}
