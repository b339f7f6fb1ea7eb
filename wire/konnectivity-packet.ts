import { asInt64, type ProtobufField, readProtobuf, type Varint } from './protobuf';
import { ProtobufWriter } from './protobuf-writer';

/**
 * What a Konnectivity server and its agents say to each other, each packet a message of gRPC.
 * Source: kubernetes-sigs/apiserver-network-proxy, konnectivity-client/proto/client/client.proto and proto/agent/agent.proto.
 */
export type KonnectivityPacket =
  | {
      readonly type: 'DIAL_REQ';
      readonly protocol: string;
      /** host:port */
      readonly address: string;
      /** Comes back in the answer. 64 bits, all of them in use. */
      readonly random: Varint;
    }
  | {
      readonly type: 'DIAL_RSP';
      readonly error: string;
      readonly connectId: number;
      readonly random: Varint;
    }
  | { readonly type: 'CLOSE_REQ'; readonly connectId: number }
  | { readonly type: 'CLOSE_RSP'; readonly error: string; readonly connectId: number }
  | { readonly type: 'DATA'; readonly connectId: number; readonly error: string; readonly data: Buffer }
  | { readonly type: 'DIAL_CLS'; readonly random: Varint }
  | { readonly type: 'DRAIN' };

type PacketType = KonnectivityPacket['type'];

/** In the order of their numbers. */
const packetTypes: readonly PacketType[] = [
  'DIAL_REQ',
  'DIAL_RSP',
  'CLOSE_REQ',
  'CLOSE_RSP',
  'DATA',
  'DIAL_CLS',
  'DRAIN',
];

/** The field of the oneof in which each has what it says. */
const payloadOf: Readonly<Record<PacketType, number>> = {
  DIAL_REQ: 2,
  DIAL_RSP: 3,
  DATA: 4,
  CLOSE_REQ: 5,
  CLOSE_RSP: 6,
  DIAL_CLS: 7,
  DRAIN: 8,
};

export function encodeKonnectivityPacket(packet: KonnectivityPacket): Buffer {
  const message = new ProtobufWriter();
  const number = packetTypes.indexOf(packet.type);
  // What is zero or empty is not sent at all (proto3).
  if (number !== 0) message.varint(1, number);
  return message.bytes(payloadOf[packet.type], encodePayload(packet)).finish();
}

function encodePayload(packet: KonnectivityPacket): ProtobufWriter {
  const payload = new ProtobufWriter();
  const text = (number: number, value: string): void => {
    if (value !== '') payload.bytes(number, value);
  };
  const id = (number: number, value: number): void => {
    if (value !== 0) payload.varint(number, value);
  };
  const random = (number: number, value: Varint): void => {
    if (value.low !== 0 || value.high !== 0) payload.varint64(number, value);
  };
  switch (packet.type) {
    case 'DIAL_REQ':
      text(1, packet.protocol);
      text(2, packet.address);
      random(3, packet.random);
      break;
    case 'DIAL_RSP':
      text(1, packet.error);
      id(2, packet.connectId);
      random(3, packet.random);
      break;
    case 'CLOSE_REQ':
      id(1, packet.connectId);
      break;
    case 'CLOSE_RSP':
      text(1, packet.error);
      id(2, packet.connectId);
      break;
    case 'DATA':
      id(1, packet.connectId);
      text(2, packet.error);
      if (packet.data.length > 0) payload.bytes(3, packet.data);
      break;
    case 'DIAL_CLS':
      random(1, packet.random);
      break;
    case 'DRAIN':
      break;
  }
  return payload;
}

/** Null: a type that is not known, which is passed over. `error` in the words of Go's generated code, as far as they go. */
export function decodeKonnectivityPacket(
  bytes: Buffer,
): KonnectivityPacket | null | { readonly error: string } {
  const fields = readProtobuf(bytes);
  if ('error' in fields) return { error: fields.error.replace('%s', 'Packet') };
  let type = 0;
  let payload: ProtobufField | null = null;
  for (const field of fields) {
    if (field.number === 1 && field.wire === 'varint') type = field.value.low | 0;
    // Of a oneof, what comes last counts.
    if (field.number >= 2 && field.number <= 8 && field.wire === 'bytes') payload = field;
  }
  const name = packetTypes[type];
  if (name === undefined) return null;
  // A payload of another kind is none of this packet's: what it says is then empty.
  const said =
    payload?.wire === 'bytes' && payload.number === payloadOf[name] ? payload.value : Buffer.alloc(0);
  const read = readProtobuf(said);
  if ('error' in read) return { error: read.error.replace('%s', name) };
  return packetOf(name, new Fields(read));
}

function packetOf(type: PacketType, said: Fields): KonnectivityPacket {
  switch (type) {
    case 'DIAL_REQ':
      return { type, protocol: said.text(1), address: said.text(2), random: said.varint(3) };
    case 'DIAL_RSP':
      return { type, error: said.text(1), connectId: said.id(2), random: said.varint(3) };
    case 'CLOSE_REQ':
      return { type, connectId: said.id(1) };
    case 'CLOSE_RSP':
      return { type, error: said.text(1), connectId: said.id(2) };
    case 'DATA':
      return { type, connectId: said.id(1), error: said.text(2), data: said.bytes(3) };
    case 'DIAL_CLS':
      return { type, random: said.varint(1) };
    case 'DRAIN':
      return { type };
  }
}

/** Of several with one number the last; what is missing is zero or empty. */
class Fields {
  readonly #fields: readonly ProtobufField[];

  constructor(fields: readonly ProtobufField[]) {
    this.#fields = fields;
  }

  bytes(number: number): Buffer {
    const field = this.#fields.findLast((it) => it.number === number && it.wire === 'bytes');
    return field?.wire === 'bytes' ? field.value : Buffer.alloc(0);
  }

  text(number: number): string {
    return this.bytes(number).toString('utf8');
  }

  varint(number: number): Varint {
    const field = this.#fields.findLast((it) => it.number === number && it.wire === 'varint');
    return field?.wire === 'varint' ? field.value : { low: 0, high: 0 };
  }

  id(number: number): number {
    return asInt64(this.varint(number));
  }
}
