/**
 * Messages on an HTTP/2 stream of gRPC: an octet that says whether it is compressed, four of its length, the message.
 * Source: grpc/grpc, doc/PROTOCOL-HTTP2.md (Length-Prefixed-Message).
 */
const PREFIX_BYTES = 5;

/** grpc-go's limit for what it receives (defaultServerMaxReceiveMessageSize). */
export const MOST_GRPC_BYTES = 4 * 1024 * 1024;

export function grpcFrame(message: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

export interface GrpcFault {
  /** A status of gRPC, as a number. */
  readonly status: number;
  readonly text: string;
}

/** Takes octets as they come and gives whole messages back; after a fault it takes nothing more. */
export class GrpcFrames {
  #rest: Buffer = Buffer.alloc(0);
  #fault: GrpcFault | null = null;

  /** Why there is nothing more to come. Texts: google.golang.org/grpc rpc_util.go (recv, checkRecvPayload). */
  get fault(): GrpcFault | null {
    return this.#fault;
  }

  push(octets: Buffer): Buffer[] {
    const messages: Buffer[] = [];
    if (this.#fault !== null) return messages;
    this.#rest = this.#rest.length === 0 ? octets : Buffer.concat([this.#rest, octets]);
    while (this.#rest.length >= PREFIX_BYTES) {
      const length = this.#rest.readUInt32BE(1);
      this.#fault = faultOf(this.#rest[0] ?? 0, length);
      if (this.#fault !== null) {
        this.#rest = Buffer.alloc(0);
        break;
      }
      if (this.#rest.length < PREFIX_BYTES + length) break;
      messages.push(this.#rest.subarray(PREFIX_BYTES, PREFIX_BYTES + length));
      this.#rest = this.#rest.subarray(PREFIX_BYTES + length);
    }
    return messages;
  }
}

/** Nobody here announces a compression, so nobody may use one. */
function faultOf(compressed: number, length: number): GrpcFault | null {
  if (compressed === 1) {
    const text = 'grpc: compressed flag set with identity or empty encoding';
    return { status: grpcStatus.internal, text };
  }
  if (compressed !== 0) {
    return { status: grpcStatus.internal, text: `grpc: received unexpected payload format ${compressed}` };
  }
  if (length > MOST_GRPC_BYTES) {
    const text = `grpc: received message larger than max (${length} vs. ${MOST_GRPC_BYTES})`;
    return { status: grpcStatus.resourceExhausted, text };
  }
  return null;
}

/** Source: grpc/grpc, doc/statuscodes.md. */
export const grpcStatus = {
  ok: 0,
  canceled: 1,
  unknown: 2,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

/** `grpc-message` carries what is no plain ASCII, and the percent sign, as %XX of its UTF-8. */
export function encodeGrpcMessage(text: string): string {
  return [...Buffer.from(text)]
    .map((octet) =>
      octet >= 0x20 && octet <= 0x7e && octet !== 0x25
        ? String.fromCharCode(octet)
        : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');
}

/** What is no valid escape stays as it is. */
export function decodeGrpcMessage(text: string): string {
  const octets: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const escaped = /^%([0-9A-Fa-f]{2})/.exec(text.slice(at, at + 3));
    if (escaped === null) octets.push(...Buffer.from(text[at] ?? ''));
    else {
      octets.push(Number.parseInt(escaped[1] ?? '', 16));
      at += 2;
    }
  }
  return Buffer.from(octets).toString('utf8');
}
