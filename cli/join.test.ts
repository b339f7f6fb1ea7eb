import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { KubeClient } from '../client/kube-client';
import { parseKubeconfig } from '../client/kubeconfig';
import { hostNetwork } from '../network/host-network';
import { freePort } from './free-port.test.fixtures';

/** A lab of `midplane up`, and nodes that join it from another terminal, with no right of an administrator. */
const main = resolve(__dirname, 'main.js');
const folder = mkdtempSync(join(tmpdir(), 'midplane-join-'));
const home = join(folder, 'home');
const running = new Set<ChildProcess>();

function start(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'], MIDPLANE_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

interface Session {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function sessionOf(child: ChildProcess): Promise<Session> {
  const { stdout: out, stderr: err } = child;
  if (out === null || err === null) throw new Error('no pipes');
  const exited = new Promise<number | null>((done) => child.once('exit', done));
  const [stdout, stderr, code] = await Promise.all([text(out), text(err), exited]);
  return { code, stdout, stderr };
}

const midplane = (...args: string[]): Promise<Session> => sessionOf(start(...args));

let admin: KubeClient;
let joinCommand: string[];

beforeAll(async () => {
  expect(await midplane('up', '--detach')).toMatchObject({ code: 0 });
  const file = join(home, 'admin.kubeconfig');
  const config = await parseKubeconfig(readFileSync(file, 'utf8'), file, () => Promise.reject());
  admin = new KubeClient({ from: hostNetwork(), ...config });
  const { stdout } = await midplane('token', 'create', '--print-join-command');
  expect(stdout).toMatch(
    /^midplane kubelet join 127\.0\.0\.1:\d+ --token [a-z0-9]{6}\.[a-z0-9]{16} --discovery-token-ca-cert-hash sha256:[0-9a-f]{64}\n$/,
  );
  joinCommand = stdout.trim().split(' ').slice(1);
}, 60_000);
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});
afterAll(async () => {
  await admin?.close();
  await midplane('down', '--force');
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

async function ports(): Promise<string[]> {
  return [`--port=${await freePort()}`, '--healthz-port=0'];
}

async function readyNode(name: string): Promise<void> {
  for (;;) {
    const answer = await admin.request('GET', `/api/v1/nodes/${name}`);
    const node = answer.json() as { status?: { conditions?: { type: string; status: string }[] } };
    if (node.status?.conditions?.some((it) => it.type === 'Ready' && it.status === 'True')) return;
    await new Promise((done) => setTimeout(done, 50));
  }
}

describe('midplane kubelet join', () => {
  test('joins with what token create printed, and stays as a node that runs pods', async () => {
    const child = start(...joinCommand, '--node-name=node-3', ...(await ports()));
    const session = sessionOf(child);
    await Promise.race([readyNode('node-3'), session]);
    const files = join(home, 'nodes', 'node-3');
    while (existsSync(join(files, 'bootstrap-kubelet.conf')))
      await new Promise((done) => setTimeout(done, 20));
    expect(readdirSync(files).sort()).toEqual(['config.yaml', 'kubelet.conf', 'pki']);
    expect(statSync(join(files, 'kubelet.conf')).mode & 0o777).toBe(0o600);

    const pods = '/api/v1/namespaces/default/pods';
    const body = {
      metadata: { name: 'guest' },
      spec: { nodeName: 'node-3', containers: [{ name: 'c', image: 'midplane/shell' }] },
    };
    expect((await admin.request('POST', pods, { body })).status).toBe(201);
    const phase = async () => {
      const { status } = (await admin.request('GET', `${pods}/guest`)).json() as {
        status: { phase: string };
      };
      return status.phase;
    };
    while ((await phase()) !== 'Running') await new Promise((done) => setTimeout(done, 50));

    // The name is taken as long as the node is there.
    const second = await midplane(...joinCommand, '--node-name=node-3', `--dir=${join(folder, 'second')}`);
    expect(second).toMatchObject({ code: 2 });
    expect(second.stderr).toContain(
      'error: a Node with name "node-3" and status "Ready" already exists in the cluster.',
    );
    expect(existsSync(join(folder, 'second'))).toBe(false);

    child.kill('SIGTERM');
    const { stdout } = await session;
    expect(stdout).toMatch(/^\[preflight\] Running pre-flight checks\n/);
    expect(stdout).toContain('\nThis node has joined the cluster:\n');
    const again = await midplane(...joinCommand, '--node-name=node-3');
    expect(again).toMatchObject({ code: 2 });
    expect(again.stderr).toContain('kubelet.conf already exists\nhint: midplane kubelet --config=');

    // As the hint says: with what it has, and without a token.
    const words = /hint: midplane (.*) starts that node again/.exec(again.stderr)?.[1]?.split(' ') ?? [];
    await admin.request('DELETE', '/api/v1/nodes/node-3');
    const restarted = start(...words, ...(await ports()));
    await Promise.race([readyNode('node-3'), sessionOf(restarted)]);
    restarted.kill('SIGTERM');
  }, 60_000);

  test('goes on where one was stopped that had no certificate yet', async () => {
    const files = join(home, 'nodes', 'node-6');
    mkdirSync(files, { recursive: true });
    const pem = join(files, 'pki', 'kubelet-client-current.pem');
    const [host, port] = (joinCommand[2] ?? '').split(':');
    const user = { 'client-certificate': pem, 'client-key': pem };
    const left = {
      'current-context': 'c',
      clusters: [
        { name: 'c', cluster: { server: `https://${host}:${port}`, 'insecure-skip-tls-verify': true } },
      ],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      users: [{ name: 'u', user }],
    };
    writeFileSync(join(files, 'kubelet.conf'), JSON.stringify(left));
    const child = start(...joinCommand, '--node-name=node-6', ...(await ports()));
    const session = sessionOf(child);
    const { stderr } = (await Promise.race([readyNode('node-6'), session])) ?? { stderr: '' };
    expect(stderr).toBe('');
    child.kill('SIGTERM');
    await session;
  }, 60_000);

  test('with another authority than the pinned one is not joined, and the token stays at home', async () => {
    const wrong = joinCommand.map((word) => (word.startsWith('sha256:') ? `sha256:${'0'.repeat(64)}` : word));
    const refused = await midplane(...wrong, '--node-name=node-4');
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toMatch(
      /error: couldn't validate the identity of the API Server: cluster CA found in cluster-info ConfigMap is invalid: none of the public keys "sha256:[0-9a-f]{64}" are pinned\n/,
    );
    expect(existsSync(join(home, 'nodes', 'node-4'))).toBe(false);
  }, 30_000);

  test.each([
    [
      ['127.0.0.1:1', '--token=abcdef.0123456789abcdef'],
      'discovery.bootstrapToken.caCertHashes: Invalid value: "": using token-based discovery without caCertHashes can be unsafe. Set unsafeSkipCAVerification as true in your kubeadm config file or pass --discovery-token-unsafe-skip-ca-verification flag to continue\n',
    ],
    [
      ['127.0.0.1:1', '--token=nonsense', '--discovery-token-unsafe-skip-ca-verification'],
      '[discovery.bootstrapToken.token: Invalid value: "nonsense": the bootstrap token is invalid, discovery.tlsBootstrapToken: Invalid value: "nonsense": the bootstrap token is invalid]\n',
    ],
    [
      ['127.0.0.1', '--token=abcdef.0123456789abcdef', '--discovery-token-unsafe-skip-ca-verification'],
      'discovery.bootstrapToken.apiServerEndpoint: Invalid value: "127.0.0.1": address 127.0.0.1: missing port in address\n',
    ],
    [
      ['127.0.0.1:1', '--token=abcdef.0123456789abcdef', '--discovery-token-ca-cert-hash=md5:00'],
      'invalid discovery token CA certificate hash: unknown hash format "md5". Known format(s) are: sha256\n',
    ],
    [
      [
        '127.0.0.1:1',
        '--token=abcdef.0123456789abcdef',
        '--discovery-token-unsafe-skip-ca-verification',
        '--nonsense=1',
      ],
      'unknown flag: --nonsense\n',
    ],
  ])('%j is refused in kubeadm words', async (args, words) => {
    const refused = await midplane('kubelet', 'join', ...args);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/^error: /);
    expect(refused.stderr).toContain(words);
  });
});

test('midplane kubelet --bootstrap-kubeconfig joins likewise', async () => {
  const { stdout } = await midplane('token', 'create', 'ghijkl.0123456789abcdef', '--ttl=1h');
  expect(stdout).toBe('ghijkl.0123456789abcdef\n');
  const lab = JSON.parse(readFileSync(join(home, 'admin.kubeconfig'), 'utf8')) as {
    users: { user: object }[];
  };
  lab.users = lab.users.map((it) => ({ ...it, user: { token: 'ghijkl.0123456789abcdef' } }));
  const bootstrap = join(folder, 'bootstrap.conf');
  writeFileSync(bootstrap, JSON.stringify(lab));
  const node = join(folder, 'node-5');
  const child = start(
    'kubelet',
    `--bootstrap-kubeconfig=${bootstrap}`,
    `--kubeconfig=${join(node, 'kubelet.conf')}`,
    '--hostname-override=node-5',
    '--read-only-port=0',
    ...(await ports()),
  );
  await Promise.race([readyNode('node-5'), sessionOf(child)]);
  expect(readdirSync(join(node, 'pki'))).toContain('kubelet-client-current.pem');
  const csrs = await admin.request('GET', '/apis/certificates.k8s.io/v1/certificatesigningrequests');
  const { items } = csrs.json() as { items: { metadata: { name: string }; spec: { username: string } }[] };
  expect(items.find((it) => it.spec.username === 'system:bootstrap:ghijkl')?.metadata.name).toMatch(
    /^node-csr-/,
  );
}, 60_000);
