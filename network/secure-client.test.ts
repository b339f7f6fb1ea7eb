import { once } from 'node:events';
import { createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls';
import { describe, expect, test } from '@jest/globals';
import {
  ALERT,
  APPLICATION_DATA,
  CHANGE_CIPHER_SPEC,
  HANDSHAKE,
  readRecord,
  type TlsRecord,
} from '../wire/tls-records';
import type { Connection, Refusal } from './network';
import type { Judge, SecureConnection, TlsVersion } from './secure';
import { Loopback, makePair, type TestPair } from './secure.test.fixtures';
import { goTextOf, type StartTlsOptions, serverNameIndication, startTls } from './secure-client';

const ca = makePair('lab-ca', { authority: true });
const server = makePair('node-1', { issuer: ca });
const serverRsa = makePair('node-1-rsa', { issuer: ca, kind: 'rsa' });
const client = makePair('kube-apiserver-kubelet-client', { issuer: makePair('other-ca') });

const versions: TlsVersion[] = ['TLSv1.2', 'TLSv1.3'];
const verify = { kind: 'verify', bundlePem: ca.certPem, host: 'node-1' } as const;
const believes: Judge = () => ({ ok: true });
const refuses: Judge = () => ({ ok: false, error: 'tls: failed to verify certificate: x509: no' });

/** What a plain Node TLS server saw of one client. It asks for a certificate, like a kubelet and like an attacker. */
interface Seen {
  secured: boolean;
  clientCertificates: number;
  bytes: string;
  error: string | null;
  serverName: string | null;
}

interface Peer {
  readonly loopback: Loopback;
  /** Settles when the server's end of the n-th connection is closed. */
  readonly closed: Promise<Seen>[];
}

async function nodeServer(
  options: SecureContextOptions & { pair?: TestPair; alpn?: string[]; say?: string } = {},
): Promise<Peer> {
  const { pair = server, alpn, say = 'hello', ...context } = options;
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

async function shake(
  loopback: Loopback,
  options: Partial<StartTlsOptions> = {},
): Promise<SecureConnection | Refusal> {
  const connection = await loopback.dial();
  return startTls(connection, { trust: verify, judge: believes, at: loopback.client, ...options });
}

async function secured(
  loopback: Loopback,
  options: Partial<StartTlsOptions> = {},
): Promise<SecureConnection> {
  const outcome = await shake(loopback, options);
  if (outcome.kind === 'refusal') throw new Error(`refused: ${outcome.text}`);
  return outcome;
}

async function refused(loopback: Loopback, options: Partial<StartTlsOptions> = {}): Promise<Refusal> {
  const outcome = await shake(loopback, options);
  if (outcome.kind === 'secure-connection') throw new Error('accepted');
  return outcome;
}

/** Sends a word, hears the server's greeting, and leaves properly. */
async function converse(secure: SecureConnection): Promise<string> {
  const [heard] = (await once(secure.socket, 'data')) as [Buffer];
  secure.socket.end('word');
  await once(secure.socket.resume(), 'close');
  return heard.toString();
}

describe.each(versions)('a client of a server that speaks %s', (version) => {
  const only = { maxVersion: version, minVersion: version } as const;

  test('reaches a believed server, shows its certificate and exchanges bytes', async () => {
    const { loopback, closed } = await nodeServer(only);
    await using _ = loopback;
    const secure = await secured(loopback, { clientCertificate: client });
    expect(secure).toMatchObject({ version, alpn: null, peerCertificates: [server.der] });
    expect(await converse(secure)).toBe('hello');
    expect(await closed[0]).toMatchObject({
      secured: true,
      clientCertificates: 1,
      bytes: 'word',
      error: null,
    });
    await loopback.drained();
    expect(loopback.open).toBe(0);
  });

  test('answers a server it does not believe with bad_certificate, and shows it nothing', async () => {
    const { loopback, closed } = await nodeServer(only);
    await using _ = loopback;
    const refusal = await refused(loopback, { judge: refuses, clientCertificate: client });
    expect(refusal).toMatchObject({
      code: 'CERTIFICATE_REFUSED',
      text: 'tls: failed to verify certificate: x509: no',
      peer: { address: '10.0.0.11', port: 10250 },
    });
    const seen = await closed[0];
    expect(seen?.error).toMatch(/ALERT_BAD_CERTIFICATE SSL alert number 42$/);
    expect(seen).toMatchObject({ secured: false, clientCertificates: 0, bytes: '' });
    await loopback.drained();
    expect(loopback.events.map(({ kind, data }) => [kind, data])).toEqual([
      ['certificate-judged', { accepted: false, error: refusal.text, trust: 'verify', host: 'node-1' }],
      ['alert-sent', { alert: 'bad_certificate' }],
    ]);
  });

  test('sends the alert that the judge asks for', async () => {
    const { loopback, closed } = await nodeServer(only);
    await using _ = loopback;
    await refused(loopback, { judge: () => ({ ok: false, error: 'x', alert: 50 }) });
    expect((await closed[0])?.error).toMatch(/SSL alert number 50$/);
  });

  test('judges the certificates exactly as they were sent', async () => {
    const stray = makePair('stray');
    const chain = [server, ca, stray, ca];
    const { loopback } = await nodeServer({ ...only, cert: chain.map((it) => it.certPem).join('') });
    await using _ = loopback;
    let judged: readonly Buffer[] = [];
    const secure = await secured(loopback, {
      judge: (sent) => {
        judged = [...sent];
        return { ok: true };
      },
    });
    expect(judged).toEqual(chain.map((it) => it.der));
    expect(secure.peerCertificates).toEqual(chain.map((it) => it.der));
    secure.socket.destroy();
  });

  test('does a full handshake every time, whatever tickets it was given', async () => {
    const { loopback } = await nodeServer(only);
    await using _ = loopback;
    const judged: number[] = [];
    const judge: Judge = (chain) => {
      judged.push(chain.length);
      return { ok: true };
    };
    for (let turn = 0; turn < 2; turn += 1) {
      const secure = await secured(loopback, { judge });
      expect(secure.socket.isSessionReused()).toBe(false);
      await converse(secure);
    }
    expect(judged).toEqual([1, 1]);
  });

  test('offers the protocols it is told to, and tells what was chosen', async () => {
    const { loopback } = await nodeServer({ ...only, alpn: ['http/1.1'] });
    await using _ = loopback;
    const secure = await secured(loopback, { alpn: ['h2', 'http/1.1'] });
    expect(secure.alpn).toBe('http/1.1');
    secure.socket.destroy();
  });

  test.each([
    ['node-1.example.', 'node-1.example'],
    ['10.0.0.11', null],
  ])('dialling %s, says %s in SNI', async (serverName, expected) => {
    const { loopback, closed } = await nodeServer(only);
    await using _ = loopback;
    await converse(await secured(loopback, { serverName }));
    expect((await closed[0])?.serverName).toBe(expected);
  });

  test.each(['server', 'no'])(
    'shows its certificate although the server names %s authorities',
    async (whose) => {
      const { loopback, closed } = await nodeServer({
        ...only,
        ...(whose === 'no' ? {} : { ca: ca.certPem }),
      });
      await using _ = loopback;
      await converse(await secured(loopback, { clientCertificate: client }));
      expect((await closed[0])?.clientCertificates).toBe(1);
    },
  );

  test('records what was believed and agreed', async () => {
    const { loopback } = await nodeServer(only);
    await using _ = loopback;
    const secure = await secured(loopback, { trust: { kind: 'verify-nobody' } });
    secure.socket.destroy();
    expect(loopback.events.map(({ host, connection, kind, data }) => [host, connection, kind, data])).toEqual(
      [
        [
          'control-plane',
          'c1',
          'certificate-judged',
          { accepted: true, error: null, trust: 'verify-nobody', host: null },
        ],
        ['control-plane', 'c1', 'handshake-finished', { version, alpn: null, role: 'client' }],
      ],
    );
  });

  test('carries megabytes both ways unharmed', async () => {
    const big = Buffer.alloc(3_000_000, 'midplane!');
    const { loopback, closed } = await nodeServer({ ...only, say: big.toString() });
    await using _ = loopback;
    const secure = await secured(loopback);
    secure.socket.end(big);
    const heard: Buffer[] = [];
    for await (const chunk of secure.socket) heard.push(chunk as Buffer);
    expect(Buffer.concat(heard).equals(big)).toBe(true);
    expect((await closed[0])?.bytes === big.toString()).toBe(true);
  });
});

describe.each([
  ['TLS_AES_128_GCM_SHA256', 'TLSv1.3', server],
  ['TLS_AES_256_GCM_SHA384', 'TLSv1.3', server],
  ['TLS_CHACHA20_POLY1305_SHA256', 'TLSv1.3', server],
  ['ECDHE-ECDSA-CHACHA20-POLY1305', 'TLSv1.2', server],
  ['ECDHE-RSA-AES256-GCM-SHA384', 'TLSv1.2', serverRsa],
  ['ECDHE-RSA-AES128-SHA', 'TLSv1.2', serverRsa],
] as const)('with the suite %s', (ciphers, version, pair) => {
  test.each(['X25519:P-256', 'P-384:P-256'])(
    'on %s, a good server is reached and a bad one hears 42',
    async (ecdhCurve) => {
      // Without X25519, which our key share is for, TLS 1.3 needs a HelloRetryRequest. P-256 is for our certificate.
      const { loopback, closed } = await nodeServer({
        ciphers,
        ecdhCurve,
        pair,
        minVersion: version,
        maxVersion: version,
      });
      await using _ = loopback;
      const secure = await secured(loopback, { clientCertificate: client });
      expect(await converse(secure)).toBe('hello');
      expect((await closed[0])?.clientCertificates).toBe(1);
      await refused(loopback, { judge: refuses, clientCertificate: client });
      const seen = await closed[1];
      expect(seen?.error).toMatch(/SSL alert number 42$/);
      expect(seen?.clientCertificates).toBe(0);
    },
  );
});

describe('the alert for a TLS 1.3 server that is not believed', () => {
  /** A server behind a relay that keeps back the last bytes of what it says at first. */
  async function throughRelay(keptBack: number) {
    const { loopback: behind, closed } = await nodeServer({ minVersion: 'TLSv1.3' });
    const heard: Buffer[] = [];
    const loopback = await Loopback.listen(async ({ socket }) => {
      const { socket: inward } = await behind.dial();
      socket.on('data', (chunk: Buffer) => heard.push(chunk));
      socket.pipe(inward);
      inward.on('data', (chunk: Buffer) => {
        socket.write(chunk.subarray(0, chunk.length - keptBack));
      });
      socket.on('close', () => inward.destroy());
      inward.on('close', () => socket.destroy());
    });
    const dispose = async () => {
      await loopback[Symbol.asyncDispose]();
      await behind[Symbol.asyncDispose]();
    };
    return { loopback, closed, heard, [Symbol.asyncDispose]: dispose };
  }

  function recordsOf(chunks: Buffer[]): TlsRecord[] {
    const bytes = Buffer.concat(chunks);
    const records: TlsRecord[] = [];
    for (let at = 0, record = readRecord(bytes); record !== null; record = readRecord(bytes, at)) {
      records.push(record);
      at += record.bytes.length;
    }
    return records;
  }

  test('is sealed', async () => {
    await using relay = await throughRelay(0);
    await refused(relay.loopback, { judge: refuses, clientCertificate: client });
    expect((await relay.closed[0])?.error).toMatch(/SSL alert number 42$/);
    const [hello, ...answer] = recordsOf(relay.heard);
    expect(hello?.type).toBe(HANDSHAKE);
    expect(answer.map(({ type, fragment }) => [type, fragment.length])).toEqual([
      [CHANGE_CIPHER_SPEC, 1],
      [APPLICATION_DATA, 2 + 1 + 16],
    ]);
  });

  test('is in clear when the server keeps back what the key depends on', async () => {
    // The Finished at the end of the flight, of 58 bytes.
    await using relay = await throughRelay(58);
    const refusal = await refused(relay.loopback, {
      judge: refuses,
      clientCertificate: client,
      timeoutMs: 50,
    });
    expect(refusal).toMatchObject({ code: 'CERTIFICATE_REFUSED', text: expect.stringContaining('x509: no') });
    const seen = await relay.closed[0];
    expect(seen).toMatchObject({ secured: false, clientCertificates: 0 });
    expect(recordsOf(relay.heard).map(({ type }) => type)).toEqual([HANDSHAKE, ALERT]);
  });
});

describe('a peer that does not shake hands', () => {
  async function peer(act: (connection: Connection) => void): Promise<Loopback> {
    return Loopback.listen((connection) => {
      connection.socket.on('error', () => undefined);
      connection.socket.once('data', () => act(connection));
    });
  }

  test.each([
    [
      'answers in plain HTTP',
      (socket: Connection['socket']) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
      { code: 'NOT_TLS', text: 'tls: first record does not look like a TLS handshake', speaksHttp: true },
    ],
    [
      'answers garbage',
      (socket: Connection['socket']) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
      { code: 'NOT_TLS', text: 'tls: first record does not look like a TLS handshake', speaksHttp: false },
    ],
    ['closes', (socket: Connection['socket']) => socket.end(), { code: 'CONNECTION_CLOSED', text: 'EOF' }],
    [
      'closes inside a record',
      (socket: Connection['socket']) => socket.end(Buffer.from('16030300500200', 'hex')),
      { code: 'CONNECTION_CLOSED', text: 'unexpected EOF' },
    ],
    [
      'resets',
      (socket: Connection['socket']) => (socket as never as { resetAndDestroy(): void }).resetAndDestroy(),
      {
        code: 'CONNECTION_RESET',
        text: 'read tcp 10.0.0.10:40001->10.0.0.11:10250: read: connection reset by peer',
      },
    ],
    [
      'sends the alert internal_error',
      (socket: Connection['socket']) => socket.end(Buffer.from('15030300020250', 'hex')),
      { code: 'ALERT_RECEIVED', text: 'remote error: tls: internal error' },
    ],
    [
      'sends the alert unrecognized_name in pieces',
      (socket: Connection['socket']) => {
        socket.write(Buffer.from('150303', 'hex'));
        setImmediate(() => socket.end(Buffer.from('00020270', 'hex')));
      },
      { code: 'ALERT_RECEIVED', text: 'remote error: tls: unrecognized name' },
    ],
    [
      'says close_notify',
      (socket: Connection['socket']) => socket.end(Buffer.from('15030300020100', 'hex')),
      { code: 'CONNECTION_CLOSED', text: 'EOF' },
    ],
    [
      'finishes without showing a certificate',
      (socket: Connection['socket']) => socket.end(Buffer.from('140303000101', 'hex')),
      { code: 'NOT_TLS', text: 'tls: first record does not look like a TLS handshake' },
    ],
  ])('%s', async (_what, act, expected) => {
    await using loopback = await peer(({ socket }) => act(socket));
    expect(await refused(loopback)).toMatchObject(expected);
  });

  test('says nothing until the time is up', async () => {
    await using loopback = await peer(() => undefined);
    expect(await refused(loopback, { timeoutMs: 20 })).toMatchObject({
      code: 'TIMED_OUT',
      text: 'net/http: TLS handshake timeout',
    });
  });

  test('is left by our own side', async () => {
    await using loopback = await Loopback.listen(() => undefined);
    const connection = await loopback.dial();
    const outcome = startTls(connection, { trust: verify, judge: believes });
    connection.socket.destroy();
    expect(await outcome).toMatchObject({
      code: 'CONNECTION_CLOSED',
      text: 'read tcp 10.0.0.10:40001->10.0.0.11:10250: use of closed network connection',
    });
  });
});

test("a refusal that comes after a TLS 1.3 handshake surfaces as a socket error in Go's words", async () => {
  const context = createSecureContext({ cert: server.certPem, key: server.keyPem, ca: ca.certPem });
  await using loopback = await Loopback.listen(({ socket }) => {
    const options = { isServer: true, secureContext: context, requestCert: true, rejectUnauthorized: true };
    new TLSSocket(socket as never, options).on('error', () => undefined);
  });
  const secure = await secured(loopback);
  const [error] = (await once(secure.socket, 'error')) as [Error];
  expect(goTextOf(error, secure.connection)).toBe('remote error: tls: certificate required');
  expect(loopback.events.at(-1)).toMatchObject({
    kind: 'alert-received',
    data: { alert: 'certificate_required' },
  });
});

test("a reset after the handshake surfaces as a socket error in Go's words", async () => {
  const { loopback } = await nodeServer();
  await using _ = loopback;
  const secure = await secured(loopback);
  const failed = once(secure.socket, 'error') as Promise<[NodeJS.ErrnoException]>;
  const error = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
  secure.connection.socket.destroy(error);
  expect(goTextOf((await failed)[0], secure.connection)).toBe(
    'read tcp 10.0.0.10:40001->10.0.0.11:10250: read: connection reset by peer',
  );
});

describe('with the real rules', () => {
  const other = makePair('rogue-ca', { authority: true });

  test.each(versions)('%s: the bundle decides, and nothing else', async (version) => {
    const { loopback } = await nodeServer({ minVersion: version, maxVersion: version });
    await using _ = loopback;
    const shakeWith = async (bundlePem: string, host: string) => {
      const connection = await loopback.dial();
      return startTls(connection, { trust: { kind: 'verify', bundlePem, host } });
    };
    const good = await shakeWith(ca.certPem, 'node-1');
    expect(good.kind).toBe('secure-connection');
    if (good.kind === 'secure-connection') good.socket.destroy();
    expect(await shakeWith(other.certPem, 'node-1')).toMatchObject({
      code: 'CERTIFICATE_REFUSED',
      text: 'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    });
    expect(await shakeWith(ca.certPem, '10.0.0.11')).toMatchObject({
      text: "tls: failed to verify certificate: x509: cannot validate certificate for 10.0.0.11 because it doesn't contain any IP SANs",
    });
    expect(await shakeWith('no bundle', 'node-1')).toMatchObject({ code: 'CERTIFICATE_REFUSED' });
  });

  test('time is what the caller says it is', async () => {
    const { loopback } = await nodeServer();
    await using _ = loopback;
    const connection = await loopback.dial();
    expect(await startTls(connection, { trust: verify, now: () => new Date('2001-01-01') })).toMatchObject({
      text: expect.stringContaining('x509: certificate has expired or is not yet valid'),
    });
  });
});

test.each([
  ['node-1', 'node-1'],
  ['node-1..', 'node-1'],
  ['10.0.0.11', null],
  ['fd00::11', null],
  ['[fd00::11]', null],
  ['fe80::1%eth0', null],
  ['', null],
])('the server name of %j is %j', (host, expected) => {
  expect(serverNameIndication(host)).toBe(expected);
});
