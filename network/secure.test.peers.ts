import { once } from 'node:events';
import { createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls';
import type { Refusal } from './network';
import type { SecureConnection } from './secure';
import { Loopback, type TestPair } from './secure.test.fixtures';
import { type StartTlsOptions, startTls } from './secure-client';

/** What a plain Node TLS server saw of one client. It asks for a certificate, like a kubelet and like an attacker. */
export interface Seen {
  secured: boolean;
  clientCertificates: number;
  bytes: string;
  error: string | null;
  serverName: string | null;
}

export interface Peer {
  readonly loopback: Loopback;
  /** Settles when the server's end of the n-th connection is closed. */
  readonly closed: Promise<Seen>[];
}

export async function nodeServer(
  pair: TestPair,
  options: SecureContextOptions & { alpn?: string[]; say?: string } = {},
): Promise<Peer> {
  const { alpn, say = 'hello', ...context } = options;
  const secureContext = createSecureContext({ cert: pair.certPem, key: pair.keyPem, ...context });
  const closed: Promise<Seen>[] = [];
  const loopback = await Loopback.listen(({ socket }) => {
    const seen: Seen = { secured: false, clientCertificates: 0, bytes: '', error: null, serverName: null };
    const engine = new TLSSocket(socket as never, {
      isServer: true,
      secureContext,
      requestCert: true,
      rejectUnauthorized: false,
      ...(alpn === undefined ? {} : { ALPNProtocols: alpn }),
    });
    engine.on('error', (error) => {
      seen.error = `${(error as NodeJS.ErrnoException).code} ${/SSL alert number \d+/.exec(error.message) ?? ''}`;
    });
    engine.on('secure', () => {
      seen.secured = true;
      seen.serverName = (engine as TLSSocket & { servername: string | false }).servername || null;
      if (engine.getPeerCertificate().raw !== undefined) seen.clientCertificates += 1;
      engine.write(say);
    });
    engine.on('data', (bytes: Buffer) => {
      seen.bytes += bytes.toString();
    });
    engine.on('end', () => engine.end());
    closed.push(new Promise((resolve) => socket.once('close', () => resolve(seen))));
  });
  return { loopback, closed };
}

/** A handshake with a judge that believes everybody, unless the options say otherwise. */
async function shake(
  loopback: Loopback,
  options: Partial<StartTlsOptions> = {},
): Promise<SecureConnection | Refusal> {
  const connection = await loopback.dial();
  const trust = { kind: 'verify', bundlePem: '', host: 'node-1' } as const;
  return startTls(connection, { trust, judge: () => ({ ok: true }), at: loopback.client, ...options });
}

export async function secured(
  loopback: Loopback,
  options: Partial<StartTlsOptions> = {},
): Promise<SecureConnection> {
  const outcome = await shake(loopback, options);
  if (outcome.kind === 'refusal') throw new Error(`refused: ${outcome.text}`);
  return outcome;
}

export async function refused(loopback: Loopback, options: Partial<StartTlsOptions> = {}): Promise<Refusal> {
  const outcome = await shake(loopback, options);
  if (outcome.kind === 'secure-connection') throw new Error('accepted');
  return outcome;
}

/** Sends a word, hears the server's greeting, and leaves properly. */
export async function converse(secure: SecureConnection): Promise<string> {
  const [heard] = (await once(secure.socket, 'data')) as [Buffer];
  secure.socket.end('word');
  await once(secure.socket.resume(), 'close');
  return heard.toString();
}
