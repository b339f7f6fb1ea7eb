import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TlsVersion } from './secure';
import { Loopback, makePair, readAll, type TestPair } from './secure.test.fixtures';
import { goTextOf, type StartTlsOptions, startTls } from './secure-client';
import { TlsAcceptor, type TlsAcceptorOptions } from './secure-server';

/** Our TLS against Go's own, in both roles. The peer is test/go-tls, built here. */

/** `go version go1.26.8 linux/amd64`; the peer needs 1.21. */
const goMinor = /go1\.(\d+)/.exec(spawnSync('go', ['version'], { encoding: 'utf8' }).stdout ?? '')?.[1];
const goIsInstalled = Number(goMinor ?? 0) >= 21;
const withGo = goIsInstalled ? describe : describe.skip;
if (!goIsInstalled)
  process.stderr.write(
    'SKIPPED: no Go (1.21 or newer) on this machine, TLS is not compared with the original\n',
  );

const run = promisify(execFile);
const ca = makePair('lab-ca', { authority: true });
const rogue = makePair('rogue-ca', { authority: true });
const server = makePair('node-1', { issuer: ca });
const client = makePair('kube-apiserver-kubelet-client', { issuer: ca });

interface Report {
  readonly error: string;
  readonly version: string;
  readonly alpn: string;
  readonly serverName: string;
  readonly resumed: boolean;
  readonly peerCertificates: number;
  readonly heard: string;
}

const folder = mkdtempSync(join(tmpdir(), 'midplane-go-tls-'));
const program = join(folder, 'go-tls');

function fileOf(pair: TestPair, part: 'cert' | 'key'): string {
  return join(folder, `${pair.name}.${part}.pem`);
}

beforeAll(async () => {
  if (!goIsInstalled) return;
  await run('go', ['build', '-o', program, '.'], { cwd: resolve('test/go-tls') });
  for (const pair of [ca, rogue, server, client]) {
    writeFileSync(fileOf(pair, 'cert'), pair.certPem);
    writeFileSync(fileOf(pair, 'key'), pair.keyPem);
  }
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A Go server process, and a way to it that looks like the lab's network. */
class GoServer implements AsyncDisposable {
  readonly loopback: Loopback;
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #port: number;

  private constructor(loopback: Loopback, process: ChildProcess, lines: AsyncIterator<string>, port: number) {
    this.loopback = loopback;
    this.#process = process;
    this.#lines = lines;
    this.#port = port;
  }

  static async start(...flags: string[]): Promise<GoServer> {
    const loopback = await Loopback.listen(() => undefined);
    const child = spawn(program, ['server', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    return new GoServer(loopback, child, lines, Number((await lines.next()).value));
  }

  async shake(options: Partial<StartTlsOptions>) {
    const connection = await this.loopback.dialPort(this.#port);
    const trust = { kind: 'verify', bundlePem: ca.certPem, host: 'node-1' } as const;
    return startTls(connection, { trust, clientCertificate: client, at: this.loopback.client, ...options });
  }

  async report(): Promise<Report> {
    return JSON.parse((await this.#lines.next()).value as string);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#process.kill();
    await exited;
    await this.loopback[Symbol.asyncDispose]();
  }
}

const pairFlags = ['-cert', fileOf(server, 'cert'), '-key', fileOf(server, 'key')];
const cases: [TlsVersion, string, string[]][] = [
  ['TLSv1.2', 'TLS 1.2', ['-max', '1.2']],
  ['TLSv1.3', 'TLS 1.3', ['-max', '1.3']],
  ['TLSv1.3', 'TLS 1.3 after a HelloRetryRequest', ['-max', '1.3', '-retry']],
];

withGo.each(cases)('a Go server that speaks %s (%s)', (version, name, flags) => {
  test('meets a client like its own', async () => {
    await using go = await GoServer.start(...pairFlags, ...flags, '-alpn', 'http/1.1');
    const secure = await go.shake({ alpn: ['http/1.1'] });
    if (secure.kind === 'refusal') throw new Error(secure.text);
    expect(secure).toMatchObject({ version, alpn: 'http/1.1', peerCertificates: [server.der] });
    secure.socket.write('ping');
    expect(await readAll(secure)).toBe('ping');
    expect(await go.report()).toEqual({
      error: '',
      version: name.slice(0, 7),
      alpn: 'http/1.1',
      serverName: 'node-1',
      resumed: false,
      peerCertificates: 1,
      heard: 'ping',
    });
  });

  test('hears from a client that does not believe it what it would hear from Go', async () => {
    await using go = await GoServer.start(...pairFlags, ...flags);
    const refusal = await go.shake({ trust: { kind: 'verify', bundlePem: rogue.certPem, host: 'node-1' } });
    expect(refusal).toMatchObject({
      code: 'CERTIFICATE_REFUSED',
      text: 'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    });
    expect(await go.report()).toMatchObject({
      error: 'remote error: tls: bad certificate',
      peerCertificates: 0,
      heard: '',
    });
  });

  test('that shows a certificate it has no key for is refused even by who verifies nobody', async () => {
    const stolen = [
      '-cert',
      fileOf(rogue, 'cert'),
      '-key',
      fileOf(rogue, 'key'),
      '-show',
      fileOf(server, 'cert'),
    ];
    await using go = await GoServer.start(...stolen, ...flags);
    expect(await go.shake({ trust: { kind: 'verify-nobody' } })).toMatchObject({
      code: 'CERTIFICATE_REFUSED',
      text: 'tls: invalid signature by the server certificate: ECDSA verification failure',
    });
    expect(await go.report()).toMatchObject({ peerCertificates: 0, heard: '' });
  });

  test('without a certificate yet is reported by its alert', async () => {
    await using go = await GoServer.start('-no-certificate', ...flags);
    expect(await go.shake({})).toMatchObject({
      code: 'ALERT_RECEIVED',
      text: 'remote error: tls: internal error',
    });
  });

  test('that insists on a certificate of its own authority says so, sooner or later', async () => {
    await using go = await GoServer.start(...pairFlags, ...flags, '-ca', fileOf(rogue, 'cert'));
    const outcome = await go.shake({});
    let text = outcome.kind === 'refusal' ? outcome.text : '';
    if (outcome.kind === 'secure-connection') {
      const [error] = (await once(outcome.socket.resume(), 'error')) as [Error];
      text = goTextOf(error, outcome.connection);
    }
    expect(text).toMatch(/^remote error: tls: (bad certificate|unknown certificate authority)$/);
  });
});

withGo.each(cases.slice(0, 2))('a Go client that speaks %s (%s)', (version, name, flags) => {
  async function visit(options: Partial<TlsAcceptorOptions>, ...more: string[]) {
    const acceptor = new TlsAcceptor({
      keyPair: server,
      requestClientCertificate: true,
      clientCaPem: ca.certPem,
      ...options,
    });
    const outcomes: ReturnType<TlsAcceptor['accept']>[] = [];
    await using loopback = await Loopback.listen((connection) => {
      const outcome = acceptor.accept(connection);
      outcomes.push(outcome);
      void outcome.then((it) => it.kind === 'secure-connection' && it.socket.pipe(it.socket));
    });
    const args = ['client', '-connect', `127.0.0.1:${loopback.port}`, '-name', 'node-1', ...flags, ...more];
    const { stdout } = await run(program, args);
    return { report: JSON.parse(stdout) as Report, outcome: await outcomes[0] };
  }

  const believing = [
    '-ca',
    fileOf(ca, 'cert'),
    '-cert',
    fileOf(client, 'cert'),
    '-key',
    fileOf(client, 'key'),
  ];

  test('meets a server like its own', async () => {
    const { report, outcome } = await visit({ alpn: ['http/1.1'] }, ...believing, '-alpn', 'http/1.1');
    expect(report).toMatchObject({
      error: '',
      version: name,
      alpn: 'http/1.1',
      heard: 'ping',
      resumed: false,
    });
    expect(outcome).toMatchObject({
      kind: 'secure-connection',
      version,
      serverName: 'node-1',
      peerCertificates: [client.der],
    });
  });

  test('that does not believe it is reported by its alert', async () => {
    const { report, outcome } = await visit({}, '-ca', fileOf(rogue, 'cert'));
    expect(report.error).toBe(
      'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    );
    expect(outcome).toMatchObject({ kind: 'handshake-failure', version, alert: 'bad_certificate' });
  });

  test.each([
    [{ keyPair: null }, [], 'remote error: tls: internal error'],
    [{ alpn: ['h2'] }, ['-alpn', 'spdy/3.1'], 'remote error: tls: no application protocol'],
  ])('is refused in words it knows (%#)', async (options, more, expected) => {
    const { report } = await visit(options, ...believing, ...more);
    expect(report.error).toBe(expected);
  });
});
