import type { Duplex } from 'node:stream';
import pino from 'pino';
import { addresses, ports } from '../../lab/addresses';
import { type Cluster, startCluster } from '../../lab/cluster';
import { defenceSettings } from '../../lab/defences';
import { mintLabPki } from '../../lab/lab-pki';
import { startTls } from '../../network/secure-client';

/** A whole lab, and clients that say whatever they like to its apiserver, byte for byte. */
export interface Victim extends AsyncDisposable {
  readonly cluster: Cluster;
  /** A TLS connection with the administrator's certificate. */
  connect(): Promise<Duplex>;
  /** Sends these bytes on a connection of its own and reads until the server ends it, or has answered one request whole. */
  say(bytes: Buffer | string): Promise<Heard>;
  /** What a client in good faith gets now: the proof that the server lives. */
  alive(): Promise<boolean>;
  /** Resolves when no more sockets are open in this process than these; a test that waits for ever has found a leak. */
  settled(sockets: number): Promise<void>;
}

/** The lab is in this process: both ends of its connections count. */
export function openSockets(): number {
  return process.getActiveResourcesInfo().filter((it) => it === 'TCPSocketWrap').length;
}

export interface Heard {
  /** 0: it was ended without an answer. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

export async function startVictim(): Promise<Victim> {
  const settings = defenceSettings('none');
  if (settings === null) throw new Error('the defence none is always run');
  const pki = await mintLabPki();
  const cluster = await startCluster({ pki, settings, log: pino({ level: 'silent' }) });
  const connect = async (): Promise<Duplex> => {
    const dialled = await cluster.workstation.dial({ host: addresses.controlPlane, port: ports.apiserver });
    if (dialled.kind === 'refusal') throw new Error(dialled.text);
    const secure = await startTls(dialled, {
      trust: { kind: 'verify', bundlePem: pki.caPem, host: addresses.controlPlane },
      clientCertificate: pki.admin,
    });
    if (secure.kind === 'refusal') throw new Error(secure.text);
    secure.socket.on('error', () => undefined);
    return secure.socket;
  };
  return {
    cluster,
    connect,
    say: async (bytes) => hear(await connect(), bytes),
    alive: async () => {
      const [ready, pods] = await Promise.all([
        cluster.admin.request('GET', '/readyz'),
        cluster.admin.request('GET', '/api/v1/pods'),
      ]);
      return ready.ok && pods.ok;
    },
    settled: async (sockets) => {
      while (openSockets() > sockets) await new Promise((resolve) => setImmediate(resolve));
    },
    [Symbol.asyncDispose]: () => cluster.close(),
  };
}

export function hear(socket: Duplex, bytes: Buffer | string): Promise<Heard> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const done = (): void => {
      socket.destroy();
      resolve(parse(Buffer.concat(chunks).toString('latin1')));
    };
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (isWhole(Buffer.concat(chunks).toString('latin1'))) done();
    });
    socket.once('close', done);
    socket.once('end', done);
    socket.write(bytes);
  });
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /^content-length: (\d+)\r?$/im.exec(text.slice(0, end));
  return length !== null && text.length - end - 4 >= Number(length[1]);
}

function parse(text: string): Heard {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head);
  return { status: Number(status?.[1] ?? 0), head, body: end < 0 ? '' : text.slice(end + 4) };
}

/** One request as it goes over the wire. */
export function request(
  line: string,
  headers: Readonly<Record<string, string>> = {},
  body: Buffer | string = '',
): Buffer {
  const bytes = Buffer.from(body);
  const lines = [
    `${line} HTTP/1.1`,
    'Host: 10.0.0.10:6443',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(bytes.length > 0 &&
    headers['Content-Length'] === undefined &&
    headers['Transfer-Encoding'] === undefined
      ? [`Content-Length: ${bytes.length}`]
      : []),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), bytes]);
}
