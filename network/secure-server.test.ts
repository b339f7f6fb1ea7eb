import { once } from 'node:events';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';
import { describe, expect, test } from '@jest/globals';
import type { HandshakeFailure, Judge, SecureConnection, TlsVersion } from './secure';
import { Loopback, makePair, readAll } from './secure.test.fixtures';
import { startTls } from './secure-client';
import { TlsAcceptor, type TlsAcceptorOptions } from './secure-server';

const ca = makePair('lab-ca', { authority: true });
const server = makePair('node-1', { issuer: ca });
const client = makePair('kube-apiserver-kubelet-client', { issuer: ca });

const versions: TlsVersion[] = ['TLSv1.2', 'TLSv1.3'];
const nobody = { kind: 'verify-nobody' } as const;
const refuses: Judge = () => ({ ok: false, error: 'no' });

interface Serving {
  readonly loopback: Loopback;
  readonly acceptor: TlsAcceptor;
  readonly outcomes: Promise<SecureConnection | HandshakeFailure>[];
  failure(): Promise<HandshakeFailure>;
  success(): Promise<SecureConnection>;
}

async function serve(options: Partial<TlsAcceptorOptions> = {}): Promise<Serving> {
  const outcomes: Promise<SecureConnection | HandshakeFailure>[] = [];
  const loopback: Loopback = await Loopback.listen((connection) =>
    outcomes.push(acceptor.accept(connection)),
  );
  const acceptor = new TlsAcceptor({
    keyPair: server,
    requestClientCertificate: true,
    at: loopback.server,
    ...options,
  });
  const last = async () => {
    const outcome = await outcomes.at(-1);
    if (outcome === undefined) throw new Error('nobody came');
    return outcome;
  };
  return {
    loopback,
    acceptor,
    outcomes,
    failure: async () => {
      const outcome = await last();
      if (outcome.kind === 'secure-connection') throw new Error('the handshake succeeded');
      return outcome;
    },
    success: async () => {
      const outcome = await last();
      if (outcome.kind === 'handshake-failure') throw new Error(`the handshake failed: ${outcome.text}`);
      return outcome;
    },
  };
}

/** A client that is not ours. */
async function nodeClient(loopback: Loopback, options: ConnectionOptions): Promise<TLSSocket> {
  const { socket } = await loopback.dial();
  return tlsConnect({ socket: socket as Socket, rejectUnauthorized: false, ...options });
}

describe.each(versions)('an acceptor that speaks %s', (version) => {
  const only = { minVersion: version, maxVersion: version } as const;

  test('serves a client, and knows its certificate chain', async () => {
    const { loopback, success } = await serve({ ...only, alpn: ['http/1.1'], clientCaPem: ca.certPem });
    await using _ = loopback;
    const chain = [client, makePair('stray'), ca];
    const chained = { certPem: chain.map((it) => it.certPem).join(''), keyPem: client.keyPem };
    const near = await startTls(await loopback.dial(), {
      trust: { kind: 'verify', bundlePem: ca.certPem, host: 'node-1' },
      clientCertificate: chained,
      alpn: ['h2', 'http/1.1'],
    });
    if (near.kind === 'refusal') throw new Error(near.text);
    const far = await success();
    expect(far).toMatchObject({ version, alpn: 'http/1.1', serverName: 'node-1' });
    expect(far.peerCertificates).toEqual(chain.map((it) => it.der));
    near.socket.end('ping');
    expect(await readAll(far)).toBe('ping');
    far.socket.end('pong');
    expect(await readAll(near)).toBe('pong');
    await loopback.drained();
    expect(loopback.events.map(({ host, kind, data }) => [host, kind, data])).toEqual([
      ['node-1', 'handshake-finished', { version, alpn: 'http/1.1', role: 'server' }],
    ]);
  });

  test('does without a client certificate', async () => {
    const { loopback, success } = await serve(only);
    await using _ = loopback;
    await startTls(await loopback.dial(), { trust: nobody });
    expect(await success()).toMatchObject({ peerCertificates: [], serverName: null, alpn: null });
  });

  test('adds nothing to the chain that a client sent', async () => {
    const { loopback, success } = await serve({ ...only, clientCaPem: ca.certPem });
    await using _ = loopback;
    await startTls(await loopback.dial(), { trust: nobody, clientCertificate: client });
    expect((await success()).peerCertificates).toEqual([client.der]);
  });

  test('learns the alert of a client that refuses it', async () => {
    const { loopback, failure } = await serve(only);
    await using _ = loopback;
    await startTls(await loopback.dial(), { trust: nobody, judge: refuses, serverName: 'node-1' });
    expect(await failure()).toMatchObject({
      alert: 'bad_certificate',
      version,
      serverName: 'node-1',
      text: 'remote error: tls: bad certificate',
    });
    await loopback.drained();
    expect(loopback.events).toContainEqual(
      expect.objectContaining({ host: 'node-1', kind: 'alert-received', data: { alert: 'bad_certificate' } }),
    );
  });

  test('resumes no session', async () => {
    const { loopback, success } = await serve(only);
    await using _ = loopback;
    const sessions: Buffer[] = [];
    for (let turn = 0; turn < 2; turn += 1) {
      const session = sessions.at(-1);
      const near = await nodeClient(loopback, session === undefined ? {} : { session });
      near.on('session', (made: Buffer) => sessions.push(made));
      await once(near, 'secureConnect');
      expect(near.isSessionReused()).toBe(false);
      const made = near.getSession();
      if (made !== undefined) sessions.push(made);
      (await success()).socket.end('bye');
      await text(near);
      if (version === 'TLSv1.3') expect(sessions.length).toBeGreaterThan(1);
    }
  });

  test('passes on what goes wrong after the handshake', async () => {
    const { loopback, success } = await serve(only);
    await using _ = loopback;
    const connection = await loopback.dial();
    const near = tlsConnect({ socket: connection.socket as Socket, rejectUnauthorized: false });
    near.on('error', () => undefined);
    await once(near, 'secureConnect');
    const far = await success();
    const failed = once(far.socket, 'error');
    // Not of this session: whatever it is, it does not decrypt.
    connection.socket.write(Buffer.from('1703030020'.padEnd(74, 'a'), 'hex'));
    expect(((await failed)[0] as NodeJS.ErrnoException).code).toMatch(
      /BAD_RECORD_MAC|CIPHER_OPERATION_FAILED/,
    );
  });
});

describe('an acceptor', () => {
  test('without a key pair answers with internal_error, until it has one', async () => {
    const { loopback, acceptor, failure, success } = await serve({ keyPair: null });
    await using _ = loopback;
    expect(await startTls(await loopback.dial(), { trust: nobody })).toMatchObject({
      code: 'ALERT_RECEIVED',
      text: 'remote error: tls: internal error',
    });
    expect(await failure()).toMatchObject({ alert: null, version: 'TLSv1.3' });
    acceptor.replaceKeyPair(server);
    const near = await startTls(await loopback.dial(), { trust: nobody });
    expect(near.kind).toBe('secure-connection');
    await success();
  });

  test('names the authorities it accepts', async () => {
    const { loopback, success } = await serve({ clientCaPem: ca.certPem, maxVersion: 'TLSv1.2' });
    await using _ = loopback;
    const connection = await loopback.dial();
    const seen: Buffer[] = [];
    connection.socket.on('data', (chunk: Buffer) => seen.push(chunk));
    await startTls(connection, { trust: nobody });
    await success();
    // The CertificateRequest of TLS 1.2 is in clear, with names in DER.
    expect(Buffer.concat(seen).toString('latin1')).toContain('lab-ca');
  });

  test('refuses a client whose protocols it does not speak', async () => {
    const { loopback, failure } = await serve({ alpn: ['h2'] });
    await using _ = loopback;
    expect(await startTls(await loopback.dial(), { trust: nobody, alpn: ['spdy/3.1'] })).toMatchObject({
      text: 'remote error: tls: no application protocol',
    });
    await failure();
    await loopback.drained();
    expect(loopback.events).toContainEqual(
      expect.objectContaining({ kind: 'alert-sent', data: { alert: 'no_application_protocol' } }),
    );
  });

  test('with no protocols of its own ignores what a client offers', async () => {
    const { loopback, success } = await serve();
    await using _ = loopback;
    const near = await startTls(await loopback.dial(), { trust: nobody, alpn: ['h2'] });
    expect(near).toMatchObject({ kind: 'secure-connection', alpn: null });
    await success();
  });

  test('refuses a client that is too old', async () => {
    const { loopback, failure } = await serve({ minVersion: 'TLSv1.3' });
    await using _ = loopback;
    expect(await startTls(await loopback.dial(), { trust: nobody, maxVersion: 'TLSv1.2' })).toMatchObject({
      text: 'remote error: tls: protocol version not supported',
    });
    expect(await failure()).toMatchObject({ version: null, alert: null });
  });

  test('tells a client that speaks plain HTTP so', async () => {
    const { loopback, failure } = await serve();
    await using _ = loopback;
    const { socket } = await loopback.dial();
    socket.write('GET / HTTP/1.1\r\nHost: node-1\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.0 400 Bad Request\r\n\r\nClient sent an HTTP request/);
    expect(await failure()).toMatchObject({
      version: null,
      text: 'tls: first record does not look like a TLS handshake',
    });
  });

  test.each([
    ['at once', '', 'EOF'],
    ['inside its hello', '16030100', 'unexpected EOF'],
  ])('notices a client that leaves %s', async (_when, sent, expected) => {
    const { loopback, failure } = await serve();
    await using _ = loopback;
    const { socket } = await loopback.dial();
    socket.end(Buffer.from(sent, 'hex'));
    await once(socket.resume(), 'close');
    expect(await failure()).toMatchObject({ version: null, alert: null, text: expected });
    await loopback.drained();
  });

  test('notices a client that leaves after its hello', async () => {
    const { loopback, failure } = await serve();
    await using _ = loopback;
    const near = await nodeClient(loopback, {});
    near.on('error', () => undefined);
    const connection = near as TLSSocket;
    await once(connection, 'keylog');
    near.destroy();
    expect(await failure()).toMatchObject({ version: 'TLSv1.3', alert: null });
    await loopback.drained();
  });

  test('gives a silent client up in time', async () => {
    const { loopback, failure } = await serve({ timeoutMs: 20 });
    await using _ = loopback;
    const { socket } = await loopback.dial();
    await once(socket.resume(), 'close');
    expect((await failure()).text).toBe('read tcp 10.0.0.11:10250->10.0.0.10:0: i/o timeout');
  });

  test('takes a hello that somebody looked at before', async () => {
    const outcomes: Promise<SecureConnection | HandshakeFailure>[] = [];
    const acceptor = new TlsAcceptor({ keyPair: server, requestClientCertificate: false });
    await using loopback = await Loopback.listen((connection) => {
      connection.socket.once('readable', () => {
        connection.socket.unshift(connection.socket.read());
        outcomes.push(acceptor.accept(connection));
      });
    });
    const near = await startTls(await loopback.dial(), { trust: nobody });
    expect(near.kind).toBe('secure-connection');
    expect((await outcomes[0])?.kind).toBe('secure-connection');
  });
});
