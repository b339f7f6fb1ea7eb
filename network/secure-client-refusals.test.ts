import { once } from 'node:events';
import { createSecureContext, TLSSocket } from 'node:tls';
import { describe, expect, test } from '@jest/globals';
import {
  ALERT,
  APPLICATION_DATA,
  CHANGE_CIPHER_SPEC,
  HANDSHAKE,
  readRecord,
  type TlsRecord,
} from '../wire/tls-records';
import type { Connection } from './network';
import type { Judge, TlsVersion } from './secure';
import { Loopback, makePair } from './secure.test.fixtures';
import { converse, nodeServer, refused, secured } from './secure.test.peers';
import { goTextOf, startTls } from './secure-client';

const ca = makePair('lab-ca', { authority: true });
const server = makePair('node-1', { issuer: ca });
const client = makePair('kube-apiserver-kubelet-client', { issuer: makePair('other-ca') });

const versions: TlsVersion[] = ['TLSv1.2', 'TLSv1.3'];
const verify = { kind: 'verify', bundlePem: ca.certPem, host: 'node-1' } as const;
const believes: Judge = () => ({ ok: true });
const refuses: Judge = () => ({ ok: false, error: 'tls: failed to verify certificate: x509: no' });

describe('the alert for a TLS 1.3 server that is not believed', () => {
  /** A server behind a relay that keeps back the last bytes of what it says at first. */
  async function throughRelay(keptBack: number) {
    const { loopback: behind, closed } = await nodeServer(server, { minVersion: 'TLSv1.3' });
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
  const { loopback } = await nodeServer(server);
  await using _ = loopback;
  const secure = await secured(loopback);
  const failed = once(secure.socket, 'error') as Promise<[NodeJS.ErrnoException]>;
  const error = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
  secure.connection.socket.destroy(error);
  expect(goTextOf((await failed)[0], secure.connection)).toBe(
    'read tcp 10.0.0.10:40001->10.0.0.11:10250: read: connection reset by peer',
  );
});

describe('an unjudged handshake', () => {
  const unjudged = { trust: { kind: 'verify-nobody' }, unjudged: true } as const;

  test.each(versions)('%s: reaches whoever is there, and tells what was sent', async (version) => {
    const chain = [server, makePair('stray'), ca];
    const { loopback, closed } = await nodeServer(server, {
      cert: chain.map((it) => it.certPem).join(''),
      minVersion: version,
      maxVersion: version,
    });
    await using _ = loopback;
    const connection = await loopback.dial();
    const secure = await startTls(connection, { ...unjudged, clientCertificate: client });
    if (secure.kind === 'refusal') throw new Error(secure.text);
    expect(secure).toMatchObject({ version, peerCertificates: chain.map((it) => it.der) });
    expect(await converse(secure)).toBe('hello');
    expect(await closed[0]).toMatchObject({ clientCertificates: 1, bytes: 'word' });
    await loopback.drained();
  });

  test.each([
    ['HTTP/1.1 400 Bad Request\r\n\r\n', 'NOT_TLS', 'tls: first record does not look like a TLS handshake'],
    ['\u0015\u0003\u0003\u0000\u0002\u0002\u0050', 'ALERT_RECEIVED', 'remote error: tls: internal error'],
    ['', 'CONNECTION_CLOSED', 'EOF'],
  ])('that is answered with %j says so', async (answer, code, text) => {
    await using loopback = await Loopback.listen(({ socket }) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(answer, 'latin1'));
    });
    expect(await startTls(await loopback.dial(), unjudged)).toMatchObject({ code, text });
    await loopback.drained();
  });

  test('is not for who verifies', async () => {
    await using loopback = await Loopback.listen(() => undefined);
    const outcome = startTls(await loopback.dial(), { trust: verify, unjudged: true });
    await expect(outcome).rejects.toThrow(TypeError);
  });
});
