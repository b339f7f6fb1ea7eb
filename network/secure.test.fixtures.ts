import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { KeyPair } from '../wire/pem';
import type { Connection } from './network';
import type { SecureConnection, Site } from './secure';
import { Timeline, type TimelineEvent } from './timeline';

/** What the TLS tests stand on: certificates made on the spot (pki/ is out of bounds for this folder) and loopback connections. */

export interface TestPair extends KeyPair {
  readonly der: Buffer;
  readonly key: KeyObject;
  readonly name: string;
}

export type KeyKind = 'ec' | 'rsa';

/** A certificate for a DNS name; issued by `issuer`, else by itself. `authority` makes it a CA. */
export function makePair(
  name: string,
  options: { issuer?: TestPair; kind?: KeyKind; authority?: boolean } = {},
): TestPair {
  const { issuer, kind = 'ec', authority = false } = options;
  const { privateKey, publicKey } =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const signer = issuer?.key ?? privateKey;
  const algorithm = signer.asymmetricKeyType === 'ec' ? '06082a8648ce3d040302' : '06092a864886f70d01010b0500';
  const signatureAlgorithm = sequence(Buffer.from(algorithm, 'hex'));
  const extensions = [
    extension('551d11', sequence(tlv(0x82, Buffer.from(name)))),
    ...(authority ? [extension('551d13', sequence(tlv(0x01, Buffer.from([0xff]))))] : []),
  ];
  const tbs = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.concat([Buffer.from([1]), createHash('sha256').update(name).digest().subarray(0, 8)])),
    signatureAlgorithm,
    commonName(issuer?.name ?? name),
    sequence(utcTime(-86_400_000), utcTime(86_400_000)),
    commonName(name),
    publicKey.export({ format: 'der', type: 'spki' }),
    tlv(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', tbs, signer);
  const der = sequence(tbs, signatureAlgorithm, tlv(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const keyPem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return { certPem: pem(der), keyPem, der, key: privateKey, name };
}

export function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function tlv(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...items: Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(items));
}

function extension(oidHex: string, value: Buffer): Buffer {
  return sequence(tlv(0x06, Buffer.from(oidHex, 'hex')), tlv(0x04, value));
}

function commonName(name: string): Buffer {
  return sequence(tlv(0x31, sequence(Buffer.from('0603550403', 'hex'), tlv(0x0c, Buffer.from(name)))));
}

function utcTime(offsetMs: number): Buffer {
  const digits = new Date(Date.now() + offsetMs).toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return tlv(0x17, Buffer.from(`${digits}Z`));
}

/** A loopback listener whose connections carry addresses of the lab, and both of whose ends can be counted afterwards. */
export class Loopback implements AsyncDisposable {
  readonly timeline = new Timeline();
  readonly events: TimelineEvent[] = [];
  readonly client: Site = { name: 'control-plane', timeline: this.timeline };
  readonly server: Site = { name: 'node-1', timeline: this.timeline };
  readonly #accept: (connection: Connection) => void;
  readonly #sockets = new Set<Socket>();
  readonly #listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    this.#accept(
      this.#connection(socket, { address: '10.0.0.11', port: 10250 }, { address: '10.0.0.10', port: 0 }),
    );
  });
  #dialled = 0;

  private constructor(accept: (connection: Connection) => void) {
    this.#accept = accept;
    this.timeline.subscribe((event) => this.events.push(event));
  }

  static async listen(accept: (connection: Connection) => void): Promise<Loopback> {
    const loopback = new Loopback(accept);
    await new Promise<void>((resolve) => loopback.#listener.listen(0, '127.0.0.1', resolve));
    return loopback;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** Sockets of either end that are still open. */
  get open(): number {
    return this.#sockets.size;
  }

  async dial(): Promise<Connection> {
    return this.dialPort(this.port);
  }

  async dialPort(port: number): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    this.#dialled += 1;
    return this.#connection(
      socket,
      { address: '10.0.0.10', port: 40000 + this.#dialled },
      { address: '10.0.0.11', port: 10250 },
    );
  }

  /** Resolves when every socket of either end is closed. */
  async drained(): Promise<void> {
    await Promise.all(
      [...this.#sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve))),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #connection(socket: Socket, local: Connection['local'], remote: Connection['remote']): Connection {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return {
      kind: 'connection',
      id: `c${this.#dialled}`,
      socket,
      local,
      remote,
      originalDestination: remote,
    };
  }
}

/** Everything the peer sends until it ends its side. Leaves our side open, as a stream's async iterator would not. */
export async function readAll({ socket }: SecureConnection): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'end');
  return Buffer.concat(chunks).toString();
}
