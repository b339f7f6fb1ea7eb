import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from '@jest/globals';
import { createAuthority } from '../pki/authority';
import { pemBlocks } from '../wire/pem';

/** Sessions with the program itself: arguments in; stdout, stderr and exit code out. */
const main = resolve(__dirname, 'main.js');
const folder = mkdtempSync(join(tmpdir(), 'midplane-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Session {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
  });
  const session: Promise<Session> = Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((done) => child.once('exit', done)),
  ]).then(([stdout, stderr, code]) => ({ code, stdout, stderr }));
  return { child, session };
}

const midplane = (...args: string[]): Promise<Session> => start(args).session;

const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

describe('midplane', () => {
  test('matrix prints the table, and the document to a file', async () => {
    const out = join(folder, 'out', 'matrix.json');
    const args = ['matrix', '--path', 'logs,pod-proxy-http', '-o', 'table', '-o', `json=${out}`];
    const { code, stdout, stderr } = await midplane(...args);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `created folder ${join(folder, 'out')}\nwrote ${out}\n`,
    });
    expect(stdout).toMatch(/logs .*impersonated.*refused/);
    expect(stdout).toMatch(/pod-proxy-http .*plaintext.*plaintext/);
    expect(stdout).not.toContain('\u001b');
    const document = JSON.parse(readFileSync(out, 'utf8')) as { kind: string; cells: unknown[] };
    expect(document).toMatchObject({ kind: 'InterceptionMatrix', apiVersion: 'midplane/v1' });
    expect(document.cells).toHaveLength(2 * 2 * 4);
  }, 30_000);

  test('colours when it is told to, and not when it is told not to', async () => {
    const args = ['matrix', '--path', 'logs', '--technique', 'tap'];
    const coloured = await start(args, { FORCE_COLOR: '1' }).session;
    const plain = await start(args, { FORCE_COLOR: '1', NO_COLOR: '1' }).session;
    expect([coloured.stdout.includes('\u001b['), plain.stdout.includes('\u001b[')]).toEqual([true, false]);
  }, 30_000);

  test('run tells a story', async () => {
    const { code, stdout } = await midplane(
      'run',
      '--path=logs',
      '--defence=kubelet-ca',
      '--technique=rogue-ca',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('does not believe the certificate: tls: failed to verify certificate:');
    expect(stdout).toContain('sends alert bad_certificate and hangs up');
    expect(stdout).toContain('✓ refused');
  }, 30_000);

  test('does not disturb another midplane at the same time', async () => {
    const args = ['matrix', '--path', 'exec,port-forward', '-o', 'json'];
    const both = await Promise.all([midplane(...args), midplane(...args)]);
    const verdicts = both.map(({ stdout }) =>
      (JSON.parse(stdout) as { cells: { verdict: string }[] }).cells.map((cell) => cell.verdict),
    );
    expect(both.map((session) => session.code)).toEqual([0, 0]);
    expect(verdicts[0]).toEqual(verdicts[1]);
    expect(verdicts[0]).toContain('refused');
  }, 30_000);

  test('ends with 130 on Ctrl-C, whenever it comes', async () => {
    for (const afterMs of [0, 150, 400, 900]) {
      const { child, session } = start(['matrix', '--all']);
      const timer = setTimeout(() => child.kill('SIGINT'), afterMs);
      const { code, stderr } = await session;
      clearTimeout(timer);
      // Before the first line of JavaScript nobody is there to handle a signal: the shell says 130 as well.
      expect(code === 130 || (code === null && child.signalCode === 'SIGINT')).toBe(true);
      if (code === 130) expect(stderr).toContain('interrupted');
    }
  }, 30_000);

  test('explains, lists, completes and says its version', async () => {
    const [explained, listed, schema, bash, version, help] = await Promise.all([
      midplane('explain', 'kubelet-ca'),
      midplane('list', 'verdicts'),
      midplane('list', '--schema'),
      midplane('completion', 'bash'),
      midplane('version', '-o', 'json'),
      midplane('matrix', '--help'),
    ]);
    expect(explained.stdout).toContain('--kubelet-certificate-authority');
    expect(listed.stdout).toMatch(/^verdicts\n {2}sealed/);
    expect(JSON.parse(schema.stdout)).toMatchObject({ title: expect.any(String) });
    expect(bash.stdout).toContain('complete -F _midplane midplane');
    expect(JSON.parse(version.stdout)).toMatchObject({ midplane: expect.any(String), emulates: 'v1.33.1' });
    expect(help.stdout).toContain('Examples:');
  }, 30_000);

  test.each<[string, string[], string]>([
    ['a verb', ['matrx'], 'error: unknown command \'matrx\'\nhint: did you mean "matrix"?\n'],
    ['a path', ['matrix', '--path', 'lgs'], 'error: unknown path "lgs"\nhint: did you mean "logs"?'],
    [
      'a technique',
      ['run', '--path=logs', '--defence=none', '--technique=self-sign'],
      'unknown technique "self-sign"',
    ],
    ['a format', ['matrix', '-o', 'jsn'], 'error: unknown output format "jsn"\nhint: did you mean "json"?\n'],
    [
      'two formats for stdout',
      ['matrix', '-o', 'table', '-o', 'json'],
      '"table" and "json" would both go to stdout',
    ],
    [
      'two formats for one file',
      ['matrix', '-o', 'json=x.out', '-o', 'markdown=./x.out'],
      '"json" and "markdown" would both be written to "./x.out"',
    ],
    [
      'a path of one cell that comes twice',
      ['run', '--path=logs', '--path=exec', '--defence=none', '--technique=tap'],
      "option '--path' is given twice",
    ],
    [
      'a host that comes twice',
      ['verify-cert', '--ca=x', '--cert=x', '--host', 'a', '--host', 'b'],
      "option '--host' is given twice",
    ],
    ['a probe that comes twice', ['lab', 'status', '--probe=a', '--probe=b'], "'--probe' is given twice"],
    ...['', 'https://10.0.0.11', '10.0.0.11:10250', '[::1]:10250', 'node-1:'].map(
      (host): [string, string[], string] => [
        `the host "${host}"`,
        ['verify-cert', '--ca=x', '--cert=x', '--host', host],
        `error: --host "${host}" `,
      ],
    ),
    [
      'a node name',
      ['kubelet', '--hostname-override', 'BAD NAME'],
      'error: --hostname-override "BAD NAME" cannot be the name of a node: a lowercase RFC 1123 subdomain must',
    ],
    ['a number', ['matrix', '--time-limit', 'soon'], 'error: --time-limit "soon" is not a number of seconds'],
    ['an id', ['explain', 'seled'], 'error: unknown id "seled"\nhint: did you mean "sealed"?'],
    [
      'an option',
      ['matrix', '--pth', 'logs'],
      'error: unknown option \'--pth\'\nhint: did you mean "--path"?\n',
    ],
    ['a shell', ['completion', 'ksh'], 'Allowed choices are bash, zsh, fish'],
    ['a flag of the apiserver', ['apiserver', '--tls-cert-fil=x'], 'hint: did you mean --tls-cert-file?'],
    [
      'a controller',
      ['controller-manager', '--controllers=replicset'],
      'hint: did you mean replicaset-controller?',
    ],
    ['a half of an SSH tunnel', ['apiserver', '--ssh-user=core'], 'is set without --ssh-keyfile\nhint: '],
    ['an sshd for nobody', ['sshd'], 'error: sshd needs --user\nhint: '],
    ['a missing kubeconfig', ['scheduler'], 'error: kube-scheduler needs --kubeconfig\nhint: '],
    [
      'a proxy mode that is not there',
      ['kube-proxy', '--kubeconfig=k', '--proxy-mode=ipvs'],
      'error: proxy mode "ipvs" is not implemented here\nhint: ',
    ],
    [
      'a kubeconfig',
      ['scheduler', '--kubeconfig=/nowhere'],
      'error: open /nowhere: no such file or directory',
    ],
    ['a file', ['apiserver', '--tls-cert-file=/nowhere', '--tls-private-key-file=/nowhere'], '/nowhere'],
    [
      'a configuration',
      ['kubelet', '--config=/nowhere'],
      'error: open /nowhere: no such file or directory\nhint: ',
    ],
  ])('refuses %s that is wrong with exit code 2, one error and one hint', async (_what, args, words) => {
    const { code, stdout, stderr } = await midplane(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).toMatch(/^error: .*\nhint: .*\n$/);
  });

  test('refuses certificates that cannot serve, naming the file', async () => {
    const authority = await createAuthority({ commonName: 'LAB test' });
    const request = {
      commonName: 'kube-apiserver',
      ipAddresses: ['127.0.0.1'],
      usages: ['serverAuth' as const],
    };
    const good = await authority.issue(request);
    const other = await authority.issue(request);
    const past = { notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') };
    const expired = await authority.issue({ ...request, ...past });
    const cert = file('good.crt', good.certPem);
    const key = file('good.key', good.keyPem);
    const serve = (certFile: string, keyFile: string, ...more: string[]): Promise<Session> =>
      midplane('apiserver', `--tls-cert-file=${certFile}`, `--tls-private-key-file=${keyFile}`, ...more);
    const sessions = await Promise.all([
      serve(file('junk.crt', 'hello'), key),
      serve(file('expired.crt', expired.certPem), file('expired.key', expired.keyPem)),
      serve(cert, file('other.key', other.keyPem)),
      serve(cert, key, `--kubelet-certificate-authority=${file('junk.ca', 'hello')}`),
    ]);
    const words = ['junk.crt', 'expired at 2021-01-01', 'does not match', 'unable to load root certificates'];
    for (const [index, session] of sessions.entries()) {
      expect(session.code).toBe(2);
      expect(session.stderr).toContain(words[index]);
      expect(session.stderr).toMatch(/^error: .*\nhint: .*\n$/);
    }

    await using taken = await listening();
    const address = ['--bind-address=127.0.0.1', `--secure-port=${taken.port}`];
    const refused = await serve(cert, key, ...address);
    expect(refused).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('bind: address already in use'),
    });
  }, 30_000);

  test('verify-cert says yes, or no with what to change', async () => {
    const authority = await createAuthority({ commonName: 'LAB test' });
    const leaf = await authority.issue({
      commonName: 'node-1',
      dnsNames: ['node-1'],
      usages: ['serverAuth'],
    });
    const args = [
      'verify-cert',
      '--ca',
      file('ca.crt', authority.certPem),
      '--cert',
      file('leaf.crt', leaf.certPem),
    ];
    const [yes, no, unreadable] = await Promise.all([
      midplane(...args, '--host', 'node-1'),
      midplane(...args, '--host', '10.0.0.11'),
      midplane(
        'verify-cert',
        '--ca',
        file('no.pem', 'hello'),
        '--cert',
        file('leaf2.crt', leaf.certPem),
        '--host',
        'x',
      ),
    ]);
    expect(yes).toMatchObject({ code: 0, stdout: expect.stringMatching(/^trusted/) });
    expect(no).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/doesn't contain any IP SANs\nchange: {2}\S/),
    });
    expect(unreadable).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no certificate in ".*no\.pem": it begins with "hello"\nhint: /),
    });
  }, 30_000);

  test('verify-cert says what a file holds that is no certificate, and converts DER for nobody', async () => {
    const authority = await createAuthority({ commonName: 'LAB test' });
    const ca = file('real-ca.crt', authority.certPem);
    const key = file('ca.key', authority.keyPem);
    const [block] = pemBlocks(authority.certPem);
    const der = join(folder, 'ca.der');
    writeFileSync(der, block?.der ?? '');
    const verify = (...args: string[]): Promise<Session> => midplane('verify-cert', '--host=[::1]', ...args);
    const out = join(folder, 'verdict.json');
    const [keyAsCa, keyAsCert, derAsCa, derAsCert, written] = await Promise.all([
      verify('--ca', key, '--cert', ca),
      verify('--ca', ca, '--cert', key),
      verify('--ca', der, '--cert', ca),
      verify('--ca', ca, '--cert', der),
      verify('--ca', ca, '--cert', ca, '-o', `json=${out}`),
    ]);
    const holds = (path: string, what: string) => ({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(`error: no certificate in "${path}": it ${what}`),
    });
    expect(keyAsCa).toEqual(holds(key, 'holds a private key'));
    expect(keyAsCert).toEqual(holds(key, 'holds a private key'));
    expect(derAsCa).toEqual(holds(der, 'is binary and looks like DER'));
    expect(derAsCert.stderr).toContain(`hint: convert it to PEM: openssl x509 -inform der -in "${der}"`);
    expect(written).toEqual({ code: 1, stdout: '', stderr: `wrote ${out}\n` });
    expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({ ok: false, host: '[::1]' });
  }, 30_000);

  const whenFull = existsSync('/dev/full') ? test : test.skip;
  whenFull(
    'says so when stdout takes nothing',
    async () => {
      const full = openSync('/dev/full', 'w');
      const child = spawn(process.execPath, [main, 'list'], { stdio: ['ignore', full, 'pipe'] });
      const [stderr, code] = await Promise.all([
        child.stderr === null ? '' : text(child.stderr),
        new Promise<number | null>((done) => child.once('exit', done)),
      ]);
      closeSync(full);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^error: cannot write to stdout: ENOSPC.*\nhint: .*\n$/);
    },
    30_000,
  );
});

async function listening(): Promise<AsyncDisposable & { port: number }> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as { port: number }).port,
    [Symbol.asyncDispose]: () => new Promise((done) => server.close(() => done())),
  };
}
