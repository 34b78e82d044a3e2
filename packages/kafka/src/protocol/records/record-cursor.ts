/**
 * Reads the variable-length numbers of records. One cursor serves all batches of an answer; its position is a field so that a number's length
 * needs no second result.
 */

const noBytes = new Uint8Array(0);

export class RecordCursor {
  bytes: Uint8Array = noBytes;
  at = 0;
  /** Bytes from here on belong to somebody else. A read may pass it; who calls compares afterwards. */
  end = 0;

  /** A zig-zag number that fits 32 bits, as lengths, counts and offset deltas do. */
  int32(): number {
    // Beyond the buffer a read gives undefined, which is never below 0x80, so that the number is refused for its length.
    let byte = this.bytes[this.at++] as number;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      byte = this.bytes[this.at++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw new MalformedRecord('a number of more than five bytes');
  }

  /** A zig-zag number of up to 64 bits, as timestamp deltas are; exact up to 2^53. */
  int64(): number {
    let byte = this.bytes[this.at++] as number;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    const negative = (byte & 1) === 1;
    let magnitude = (byte & 0x7f) >>> 1;
    let scale = 0x40;
    for (let count = 1; count < 10; count++) {
      byte = this.bytes[this.at++] as number;
      magnitude += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (magnitude >= Number.MAX_SAFE_INTEGER) throw new MalformedRecord('a timestamp beyond 2^53 - 1');
        return negative ? -magnitude - 1 : magnitude;
      }
      scale *= 0x80;
    }
    throw new MalformedRecord('a number of more than ten bytes');
  }
}

/** What is wrong inside a batch; the decoder adds the place. */
export class MalformedRecord extends Error {}
