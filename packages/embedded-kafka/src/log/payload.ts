/** The records of a batch behind its header, decompressed. */
import { type BatchHeader, batchHeaderBytes, compressionCodec, compressionName } from '@millrace/kafka/protocol';

/** A batch that grows beyond this is refused: the broker looks into it, and must not be filled by a few bytes. */
const maxPayloadBytes = 268_435_456;

/** @throws ProtocolError MR_COMPRESSION_LIMIT, MR_COMPRESSION_UNAVAILABLE, MR_RECORDS_CORRUPT */
export function payloadOf(bytes: Uint8Array, header: BatchHeader): Uint8Array {
  const payload = bytes.subarray(header.start + batchHeaderBytes, header.end);
  const codec = compressionCodec(compressionName(header.compression));
  // An emptied batch keeps no payload, whatever its attributes say.
  return codec === undefined || header.recordCount === 0 ? payload : codec.decompress(payload, maxPayloadBytes);
}
