import type { Duplex } from 'node:stream';
import { MidplaneError } from '../error';
import { type Connection, type Host, joinHostPort, type Refusal } from '../network/network';
import { startTls } from '../network/secure-client';
import { checkBundle, checkKeyPair } from '../pki/key-pair';
import { headEnd, parseResponseHead } from '../wire/http-head';
import type { KeyPair } from '../wire/pem';
import type { OpenEgress } from './egress';
import { type EgressSelection, parseEgressSelectorConfiguration } from './egress-selector-configuration';
import type { ReadFile } from './settings';

/**
 * Dials by asking a proxy server with CONNECT. One TLS connection to it for each connection that is asked for.
 * Source: k8s.io/apiserver pkg/server/egressselector/egress_selector.go (tcpHTTPConnectConnector, tunnelHTTPConnect).
 */
export interface ConnectProxy {
  readonly host: string;
  readonly port: number;
  readonly bundlePem: string;
  readonly clientCertificate: KeyPair;
}

/** net/http DefaultMaxHeaderBytes. */
const LONGEST_HEAD = 1 << 20;

/**
 * Null: the file sends nothing of the cluster's traffic elsewhere. Of the three names only `cluster` is dialled by this
 * apiserver. Throws MidplaneError FILE_UNREADABLE, CONFIG_INVALID, PEM_INVALID or CERTIFICATE_UNUSABLE.
 */
export async function egressOfFile(file: string, readFile: ReadFile, now: Date): Promise<OpenEgress | null> {
  const text = await readFile(file).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    const what = `unable to read egress selector configuration from ${JSON.stringify(file)} [${why}]`;
    throw new MidplaneError('FILE_UNREADABLE', `failed to read egress config: ${what}`, {
      cause,
      hint: 'check the path given to --egress-selector-config-file',
    });
  });
  const exists = (path: string): Promise<boolean> =>
    readFile(path).then(
      () => true,
      () => false,
    );
  const selections = await parseEgressSelectorConfiguration(text, file, exists);
  const cluster = selections.find(({ name }) => name === 'cluster');
  if (cluster === undefined || cluster.connection.kind === 'direct') return null;
  const proxy = await proxyOf(cluster, file, readFile, now);
  return async ({ host }) => ({
    dial: (to, options) => dialThrough(host, proxy, to, options),
    close: async () => undefined,
  });
}

async function proxyOf(
  { connection }: EgressSelection,
  file: string,
  readFile: ReadFile,
  now: Date,
): Promise<ConnectProxy> {
  const refuse = (why: string, hint: string): MidplaneError =>
    new MidplaneError('CONFIG_INVALID', `failed to setup egress selector with "${file}": ${why}`, { hint });
  if (connection.kind !== 'http-connect-tcp') {
    throw refuse(
      'midplane has no Unix sockets, so neither GRPC nor HTTPConnect over uds',
      'use proxyProtocol HTTPConnect with transport.tcp',
    );
  }
  const { url, tls } = connection;
  if (tls === null) {
    throw refuse(
      `"${url}" is plain http, which the dialler cannot do: it wants a client certificate`,
      'give a url that begins with https:// and a tlsConfig',
    );
  }
  const target = URL.canParse(url) ? new URL(url) : null;
  const port = Number(target?.port);
  if (target === null || target.hostname === '' || !(port > 0)) {
    throw refuse(`invalid proxy server url "${url}"`, 'give host and port: https://127.0.0.1:8090');
  }
  if (tls.caBundle === '') {
    throw refuse(
      'without caBundle upstream believes the authorities of the machine, of which midplane knows none',
      'name the bundle of the proxy server’s authority in tlsConfig.caBundle',
    );
  }
  const [bundlePem, certPem, keyPem] = await Promise.all(
    [tls.caBundle, tls.clientCert, tls.clientKey].map((path) => readFile(path)),
  );
  checkBundle({ pem: bundlePem ?? '', file: tls.caBundle });
  const pair = { certPem: certPem ?? '', keyPem: keyPem ?? '' };
  checkKeyPair({ ...pair, certFile: tls.clientCert, keyFile: tls.clientKey, now });
  return {
    host: target.hostname.replace(/^\[|\]$/g, ''),
    port,
    bundlePem: bundlePem ?? '',
    clientCertificate: pair,
  };
}

export async function dialThrough(
  host: Host,
  proxy: ConnectProxy,
  to: { readonly host: string; readonly port: number },
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<Connection | Refusal> {
  const connection = await host.dial(proxy, options);
  if (connection.kind === 'refusal') return connection;
  const secure = await startTls(connection, {
    at: host,
    trust: { kind: 'verify', bundlePem: proxy.bundlePem, host: proxy.host },
    serverName: proxy.host,
    clientCertificate: proxy.clientCertificate,
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
  });
  if (secure.kind === 'refusal') return secure;
  const { socket } = secure;
  const giveUp = (): void => {
    socket.destroy();
  };
  options.signal?.addEventListener('abort', giveUp, { once: true });
  socket.on('error', () => undefined);
  const problem = await connectProblem(
    socket,
    joinHostPort(proxy.host, proxy.port),
    joinHostPort(to.host, to.port),
  );
  options.signal?.removeEventListener('abort', giveUp);
  if (problem !== null) {
    socket.destroy();
    return { kind: 'refusal', code: 'CONNECTION_CLOSED', text: problem, peer: connection.remote };
  }
  return { ...connection, socket };
}

/** Null when the way is open, and the next byte is the backend's. */
async function connectProblem(socket: Duplex, proxy: string, address: string): Promise<string | null> {
  socket.write(`CONNECT ${address} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  const bytes = await readUntilHead(socket);
  const failed = (why: string): string =>
    `reading HTTP response from CONNECT to ${address} via proxy ${proxy} failed: ${why}`;
  const end = headEnd(bytes);
  if (end < 0) return failed('unexpected EOF');
  const head = parseResponseHead(bytes.subarray(0, end));
  if (head.kind === 'malformed-head') return failed(head.text);
  if (head.status !== 200) {
    const status = `${head.status} ${head.statusText}`.trimEnd();
    return `proxy error from ${proxy} while dialing ${address}, code ${head.status}: ${status}`;
  }
  const more = bytes.length - end;
  if (more === 0) return null;
  return `unexpected ${more} bytes of buffered data from CONNECT proxy ${JSON.stringify(proxy)}`;
}

/**
 * What came up to the empty line, or all there was. By `readable` and not by `data`: whoever gets the socket next, a parser
 * of HTTP for example, expects one that was never made to flow nor paused.
 */
function readUntilHead(socket: Duplex): Promise<Buffer> {
  return new Promise((resolve) => {
    let bytes: Buffer = Buffer.alloc(0);
    const done = (): void => {
      socket.off('readable', take);
      socket.off('end', done);
      socket.off('close', done);
      resolve(bytes);
    };
    const take = (): void => {
      for (
        let chunk = socket.read() as Buffer | null;
        chunk !== null;
        chunk = socket.read() as Buffer | null
      ) {
        bytes = Buffer.concat([bytes, chunk]);
      }
      if (headEnd(bytes) >= 0 || bytes.length >= LONGEST_HEAD) done();
    };
    socket.on('readable', take);
    socket.on('end', done);
    socket.on('close', done);
    if (socket.destroyed) done();
  });
}
