/**
 * Walks over the records of a batch's decompressed payload without decoding them into objects: a broker needs keys (compaction), timestamps (offsets by time)
 * and the extent of each record (so that a rest can be copied as it stands), nothing more.
 */

/** The payload is no sequence of records. */
export class PayloadFault extends Error {
  override readonly name = 'PayloadFault';
}

export class RecordWalk {
  readonly #payload: Uint8Array;
  #at = 0;
  /** Extent of the current record, its length included. */
  start = 0;
  end = 0;
  timestampDelta = 0;
  offsetDelta = 0;
  /** -1 = null. */
  keyStart = -1;
  keyEnd = -1;
  /** -1 = null. */
  valueStart = -1;
  valueEnd = -1;
  /** Where the count of headers stands. */
  headersStart = 0;

  constructor(payload: Uint8Array) {
    this.#payload = payload;
  }

  /**
   * Moves to the next record; false at the end.
   * @throws PayloadFault
   */
  next(): boolean {
    if (this.#at === this.#payload.length) return false;
    this.start = this.#at;
    const size = this.#varint();
    const end = this.#at + size;
    if (size < 1 || end > this.#payload.length)
      throw new PayloadFault(`a record of ${size} bytes at byte ${this.start} of ${this.#payload.length}`);
    this.#at++;
    this.timestampDelta = this.#varlong();
    this.offsetDelta = this.#varint();
    const keySize = this.#varint();
    this.keyStart = keySize < 0 ? -1 : this.#at;
    this.keyEnd = keySize < 0 ? -1 : (this.#at += keySize);
    const valueSize = this.#varint();
    this.valueStart = valueSize < 0 ? -1 : this.#at;
    this.valueEnd = valueSize < 0 ? -1 : (this.#at += valueSize);
    this.headersStart = this.#at;
    if (this.#at >= end) throw new PayloadFault(`the fields of the record at byte ${this.start} are longer than the record`);
    this.end = this.#at = end;
    return true;
  }

  /** The key as a text that is equal for equal bytes. */
  keyText(): string {
    return Buffer.from(this.#payload.buffer, this.#payload.byteOffset + this.keyStart, this.keyEnd - this.keyStart).toString('latin1');
  }

  #byte(): number {
    const byte = this.#payload[this.#at++];
    if (byte === undefined) throw new PayloadFault(`the payload ends at byte ${this.#payload.length}, inside a record`);
    return byte;
  }

  #varint(): number {
    let bits = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#byte();
      bits |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (bits >>> 1) ^ -(bits & 1);
    }
    throw new PayloadFault(`a number of more than 32 bits before byte ${this.#at}`);
  }

  #varlong(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      scale *= 128;
    }
    throw new PayloadFault(`a number of more than 64 bits before byte ${this.#at}`);
  }
}
