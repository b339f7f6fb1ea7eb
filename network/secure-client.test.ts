import { describe, expect, test } from '@jest/globals';
import type { Judge, TlsVersion } from './secure';
import { makePair } from './secure.test.fixtures';
import { converse, nodeServer, refused, secured } from './secure.test.peers';
import { serverNameIndication, startTls } from './secure-client';

const ca = makePair('lab-ca', { authority: true });
const server = makePair('node-1', { issuer: ca });
const serverRsa = makePair('node-1-rsa', { issuer: ca, kind: 'rsa' });
const client = makePair('kube-apiserver-kubelet-client', { issuer: makePair('other-ca') });

/** What the record says of the server's certificate. */
const shown = { subject: 'CN=node-1', issuer: 'CN=lab-ca', sans: ['DNS:node-1'] };

const versions: TlsVersion[] = ['TLSv1.2', 'TLSv1.3'];
const verify = { kind: 'verify', bundlePem: ca.certPem, host: 'node-1' } as const;
const refuses: Judge = () => ({ ok: false, error: 'tls: failed to verify certificate: x509: no' });

describe.each(versions)('a client of a server that speaks %s', (version) => {
  const only = { maxVersion: version, minVersion: version } as const;

  test('reaches a believed server, shows its certificate and exchanges bytes', async () => {
    const { loopback, closed } = await nodeServer(server, only);
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
    const { loopback, closed } = await nodeServer(server, only);
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
      [
        'certificate-judged',
        { accepted: false, error: refusal.text, trust: 'verify', host: 'node-1', ...shown },
      ],
      ['handshake-failed', { role: 'client', text: refusal.text }],
      ['alert-sent', { alert: 'bad_certificate' }],
    ]);
  });

  test('sends the alert that the judge asks for', async () => {
    const { loopback, closed } = await nodeServer(server, only);
    await using _ = loopback;
    await refused(loopback, { judge: () => ({ ok: false, error: 'x', alert: 50 }) });
    expect((await closed[0])?.error).toMatch(/SSL alert number 50$/);
  });

  test('judges the certificates exactly as they were sent', async () => {
    const stray = makePair('stray');
    const chain = [server, ca, stray, ca];
    const { loopback } = await nodeServer(server, { ...only, cert: chain.map((it) => it.certPem).join('') });
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
    const { loopback } = await nodeServer(server, only);
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
    const { loopback } = await nodeServer(server, { ...only, alpn: ['http/1.1'] });
    await using _ = loopback;
    const secure = await secured(loopback, { alpn: ['h2', 'http/1.1'] });
    expect(secure.alpn).toBe('http/1.1');
    secure.socket.destroy();
  });

  test.each([
    ['node-1.example.', 'node-1.example'],
    ['10.0.0.11', null],
  ])('dialling %s, says %s in SNI', async (serverName, expected) => {
    const { loopback, closed } = await nodeServer(server, only);
    await using _ = loopback;
    await converse(await secured(loopback, { serverName }));
    expect((await closed[0])?.serverName).toBe(expected);
  });

  test.each(['server', 'no'])(
    'shows its certificate although the server names %s authorities',
    async (whose) => {
      const { loopback, closed } = await nodeServer(server, {
        ...only,
        ...(whose === 'no' ? {} : { ca: ca.certPem }),
      });
      await using _ = loopback;
      await converse(await secured(loopback, { clientCertificate: client }));
      expect((await closed[0])?.clientCertificates).toBe(1);
    },
  );

  test('records what was believed and agreed', async () => {
    const { loopback } = await nodeServer(server, only);
    await using _ = loopback;
    const secure = await secured(loopback, { trust: { kind: 'verify-nobody' } });
    secure.socket.destroy();
    expect(loopback.events.map(({ host, connection, kind, data }) => [host, connection, kind, data])).toEqual(
      [
        [
          'control-plane',
          'c1',
          'certificate-judged',
          { accepted: true, error: null, trust: 'verify-nobody', host: null, ...shown },
        ],
        ['control-plane', 'c1', 'handshake-finished', { version, alpn: null, role: 'client' }],
      ],
    );
  });

  test('carries megabytes both ways unharmed', async () => {
    const big = Buffer.alloc(3_000_000, 'midplane!');
    const { loopback, closed } = await nodeServer(server, { ...only, say: big.toString() });
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
      const { loopback, closed } = await nodeServer(pair, {
        ciphers,
        ecdhCurve,
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

describe('with the real rules', () => {
  const other = makePair('rogue-ca', { authority: true });

  test.each(versions)('%s: the bundle decides, and nothing else', async (version) => {
    const { loopback } = await nodeServer(server, { minVersion: version, maxVersion: version });
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
    const { loopback } = await nodeServer(server);
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
