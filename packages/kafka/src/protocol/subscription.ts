/**
 * The bytes that members of a classic consumer group hand to each other through the coordinator. The broker parses the
 * subscription to learn the topics of a group, and never answers if it cannot.
 */
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { decodeStruct, encodeStruct } from './message.ts';
import { ProtocolError } from './protocol-error.ts';
import type { Decoded, Encodable } from './schema.ts';

export const consumerSubscriptionStruct = {
  name: 'ConsumerProtocolSubscription',
  versions: [0, 3],
  fields: {
    topics: { array: 'string' },
    userData: { type: 'bytes', nullableSince: 0, default: null },
    ownedPartitions: {
      since: 1,
      ignorable: true,
      array: {
        topic: 'string',
        partitions: { array: 'int32' },
      },
    },
    generationId: { type: 'int32', since: 2, default: -1, ignorable: true },
    rackId: { type: 'string', since: 3, nullableSince: 3, default: null, ignorable: true },
  },
} as const;

export const consumerAssignmentStruct = {
  name: 'ConsumerProtocolAssignment',
  versions: [0, 3],
  fields: {
    assignedPartitions: {
      array: {
        topic: 'string',
        partitions: { array: 'int32' },
      },
    },
    userData: { type: 'bytes', nullableSince: 0, default: null },
  },
} as const;

export type ConsumerSubscription = Decoded<(typeof consumerSubscriptionStruct)['fields']>;
export type ConsumerAssignment = Decoded<(typeof consumerAssignmentStruct)['fields']>;

/** Two bytes of version, then the structure. Errors as of `encodeStruct`. */
export function encodeSubscription(subscription: Encodable<(typeof consumerSubscriptionStruct)['fields']>, version = 3): Uint8Array {
  return withVersion(version, encodeStruct(consumerSubscriptionStruct, version, subscription));
}

/** Reads a subscription of any version; of a newer one what is known of it. Errors as of `decodeStruct`. */
export function decodeSubscription(bytes: Uint8Array): ConsumerSubscription {
  const version = versionOf(bytes, 'ConsumerProtocolSubscription', consumerSubscriptionStruct.versions[1]);
  return decodeStruct(consumerSubscriptionStruct, version, bytes.subarray(2), { mayLeaveRest: true });
}

/** Two bytes of version, then the structure. Errors as of `encodeStruct`. */
export function encodeAssignment(assignment: Encodable<(typeof consumerAssignmentStruct)['fields']>, version = 3): Uint8Array {
  return withVersion(version, encodeStruct(consumerAssignmentStruct, version, assignment));
}

/** Reads an assignment of any version; of a newer one what is known of it. Errors as of `decodeStruct`. */
export function decodeAssignment(bytes: Uint8Array): ConsumerAssignment {
  const version = versionOf(bytes, 'ConsumerProtocolAssignment', consumerAssignmentStruct.versions[1]);
  return decodeStruct(consumerAssignmentStruct, version, bytes.subarray(2), { mayLeaveRest: true });
}

function withVersion(version: number, content: Uint8Array): Uint8Array {
  const writer = new ByteWriter(content.length + 2);
  writer.int16(version);
  writer.raw(content);
  return writer.bytes();
}

function versionOf(bytes: Uint8Array, name: string, newest: number): number {
  const version = bytes.length < 2 ? -1 : new ByteReader(bytes).int16();
  if (version < 0) throw new ProtocolError('MR_PROTOCOL_MALFORMED', `${name} has no version`, { details: { api: name, field: 'version' } });
  return Math.min(version, newest);
}
