/** Frames: four bytes of length before every request and response. */
import { ProtocolError } from './protocol-error.ts';

const prefixBytes = 4;

/** One frame of header and body, length in front. */
export function joinFrame(header: Uint8Array, body: Uint8Array): Uint8Array {
  const size = header.length + body.length;
  const frame = new Uint8Array(prefixBytes + size);
  new DataView(frame.buffer).setInt32(0, size);
  frame.set(header, prefixBytes);
  frame.set(body, prefixBytes + header.length);
  return frame;
}

/** Cuts a stream of chunks into frames. Holds at most one incomplete frame, bounded by `maxBytes`. */
export class FrameReader {
  readonly #maxBytes: number;
  readonly #prefix = new Uint8Array(prefixBytes);
  #prefixLength = 0;
  #frame: Uint8Array | undefined;
  #filled = 0;

  /** @param options.maxBytes longest frame that is accepted, default 100 MiB as a broker's `socket.request.max.bytes` */
  constructor(options: { readonly maxBytes?: number | undefined } = {}) {
    this.#maxBytes = options.maxBytes ?? 104_857_600;
  }

  /**
   * Takes the next chunk and returns the frames that it completes, without their length. A frame that lies whole in the chunk is a view into it.
   * @throws ProtocolError MR_PROTOCOL_FRAME_TOO_LARGE, MR_PROTOCOL_MALFORMED; the stream cannot be read on after either
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const frames: Uint8Array[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#frame === undefined) {
        while (this.#prefixLength < prefixBytes && at < chunk.length) this.#prefix[this.#prefixLength++] = chunk[at++] ?? 0;
        if (this.#prefixLength < prefixBytes) break;
        this.#prefixLength = 0;
        const size = this.#announcedSize();
        if (chunk.length - at >= size) {
          frames.push(chunk.subarray(at, at + size));
          at += size;
          continue;
        }
        this.#frame = new Uint8Array(size);
        this.#filled = 0;
      }
      const part = chunk.subarray(at, at + this.#frame.length - this.#filled);
      this.#frame.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === this.#frame.length) {
        frames.push(this.#frame);
        this.#frame = undefined;
      }
    }
    return frames;
  }

  #announcedSize(): number {
    const size = new DataView(this.#prefix.buffer).getInt32(0);
    if (size < 0) throw new ProtocolError('MR_PROTOCOL_MALFORMED', `a frame of ${size} bytes is announced`, { details: { size } });
    if (size > this.#maxBytes) {
      throw new ProtocolError('MR_PROTOCOL_FRAME_TOO_LARGE', `a frame of ${size} bytes is over the limit of ${this.#maxBytes}`, {
        details: { size, maxBytes: this.#maxBytes },
      });
    }
    return size;
  }
}
