import { ByteQueue } from './byte-queue';
import { ByteReader } from './byte-reader';
import { CLIENT_HELLO, HandshakeMessages, readExtensions } from './tls-handshake';
import { HANDSHAKE, looksLikeTls, RECORD_HEADER_LENGTH, readRecord } from './tls-records';

/**
 * What a client asks for, from the bytes that open its connection. They may come in pieces: a ClientHello with a
 * post-quantum key share fills more than one TCP segment, and may be split over records.
 */
export type ClientHello =
  | {
      readonly kind: 'client-hello';
      readonly serverName: string | null;
      readonly alpn: string[];
      /** Supported versions in the client's order of preference, values of other purposes (RFC 8701) left in. */
      readonly versions: number[];
    }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'not-tls' };

const SERVER_NAME = 0;
const ALPN = 16;
const SUPPORTED_VERSIONS = 43;

export function parseClientHello(bytes: Buffer): ClientHello {
  return new ClientHelloReader().push(bytes);
}

/** Reads on where it stopped: what has been looked at is not looked at again for every piece. */
export class ClientHelloReader {
  readonly #unread = new ByteQueue();
  readonly #messages = new HandshakeMessages();
  #read: ClientHello = { kind: 'incomplete' };

  /** What is known with this piece; once it is more than `incomplete`, it stays. */
  push(piece: Buffer): ClientHello {
    if (this.#read.kind === 'incomplete') {
      this.#unread.add(piece);
      this.#read = this.#next();
    }
    return this.#read;
  }

  #next(): ClientHello {
    for (;;) {
      const bytes = this.#unread.view();
      if (bytes.length > 0 && bytes[0] !== HANDSHAKE) return { kind: 'not-tls' };
      if (bytes.length < RECORD_HEADER_LENGTH) return { kind: 'incomplete' };
      // RFC 8446 §5.1: no handshake record is empty; a flood of them would be a hello that never ends.
      if (!looksLikeTls(bytes) || bytes.readUInt16BE(3) === 0) return { kind: 'not-tls' };
      const record = readRecord(bytes);
      if (record === null) return { kind: 'incomplete' };
      this.#unread.drop(record.bytes.length);
      this.#messages.add(record.fragment);
      const message = this.#messages.next();
      if (message === null) continue;
      if (message.kind === 'oversized' || message.type !== CLIENT_HELLO) return { kind: 'not-tls' };
      return readClientHello(message.body) ?? { kind: 'not-tls' };
    }
  }
}

function readClientHello(body: Buffer): ClientHello | null {
  const reader = new ByteReader(body);
  const legacyVersion = reader.uint(2);
  reader.take(32);
  reader.vector(1);
  reader.vector(2);
  const compression = reader.vector(1);
  if (legacyVersion === null || compression === null) return null;
  const extensions = reader.done ? Buffer.alloc(0) : reader.vector(2);
  const found = extensions === null ? null : readExtensions(extensions);
  if (found === null) return null;
  const versions = found.get(SUPPORTED_VERSIONS);
  return {
    kind: 'client-hello',
    serverName: hostName(found.get(SERVER_NAME)),
    alpn: protocolNames(found.get(ALPN)),
    versions: versions === undefined ? [legacyVersion] : versionNumbers(versions),
  };
}

/** RFC 6066 §3: a list of names by type, of which only host_name (0) was ever defined. */
function hostName(extension: Buffer | undefined): string | null {
  const names = extension === undefined ? null : new ByteReader(extension).vector(2);
  if (names === null) return null;
  const entry = new ByteReader(names);
  return entry.uint(1) === 0 ? (entry.vector(2)?.toString('ascii') ?? null) : null;
}

/** RFC 7301 §3.1. */
function protocolNames(extension: Buffer | undefined): string[] {
  const list = extension === undefined ? null : new ByteReader(extension).vector(2);
  const reader = new ByteReader(list ?? Buffer.alloc(0));
  const names: string[] = [];
  for (let name = reader.vector(1); name !== null; name = reader.vector(1))
    names.push(name.toString('latin1'));
  return names;
}

/** RFC 8446 §4.2.1. */
function versionNumbers(extension: Buffer): number[] {
  const reader = new ByteReader(new ByteReader(extension).vector(1) ?? Buffer.alloc(0));
  const versions: number[] = [];
  for (let version = reader.uint(2); version !== null; version = reader.uint(2)) versions.push(version);
  return versions;
}
