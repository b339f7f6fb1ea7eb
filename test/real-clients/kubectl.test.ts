import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Attacker } from '../../attacker/attacker';
import { neighbour } from '../../attacker/position';
import { formatKubeconfig } from '../../client/kubeconfig';
import { addresses, ports } from '../../lab/addresses';
import { defenceSettings } from '../../lab/defences';
import { mintLabPki } from '../../lab/lab-pki';
import { type Lab, startLab } from '../../lab/run-matrix';
import type { Listener } from '../../network/network';
import { publish } from '../../network/publish';
import type { DefenceId } from '../../scenarios/vocabulary';
import { findKubectls, promisedVersions } from './find-kubectl';

/** Real, unmodified kubectl against the lab, on the lab's own paths, with and without the attacker. */
const kubectls = findKubectls();
const missing = promisedVersions.filter(
  (version) => !kubectls.some((kubectl) => kubectl.version === version),
);

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface PublishedLab {
  readonly lab: Lab;
  readonly door: Listener;
  readonly kubeconfig: string;
}

const home = mkdtempSync(join(tmpdir(), 'midplane-kubectl-'));
const labs = new Map<DefenceId, PublishedLab>();

beforeAll(async () => {
  for (const defence of ['none', 'kubelet-ca'] as const) {
    const settings = defenceSettings(defence);
    if (settings === null) throw new Error(`${defence} is not run by this release`);
    const pki = await mintLabPki();
    const lab = await startLab(pki, settings);
    const through = lab.cluster.fabric.host('workstation');
    if (through === undefined) throw new Error('no workstation');
    const door = await publish(through, { host: addresses.controlPlane, port: ports.apiserver });
    const kubeconfig = join(home, `${defence}.kubeconfig`);
    const server = { host: '127.0.0.1', port: door.at.port };
    const trust = { kind: 'verify', bundlePem: pki.caPem, host: '127.0.0.1' } as const;
    writeFileSync(kubeconfig, formatKubeconfig({ server, trust, clientCertificate: pki.admin }, 'midplane'));
    labs.set(defence, { lab, door, kubeconfig });
  }
}, 30_000);

afterAll(async () => {
  for (const { lab, door } of labs.values()) {
    await door.close();
    await lab[Symbol.asyncDispose]();
  }
  rmSync(home, { recursive: true, force: true });
});

function labOf(defence: DefenceId): PublishedLab {
  const found = labs.get(defence);
  if (found === undefined) throw new Error(`no lab with ${defence}`);
  return found;
}

async function kubectl(path: string, defence: DefenceId, args: string[], stdin = ''): Promise<Said> {
  const child = spawn(path, ['--kubeconfig', labOf(defence).kubeconfig, ...args], {
    env: { PATH: process.env['PATH'], HOME: home },
    timeout: 15_000,
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number>((resolve) => child.once('exit', (status) => resolve(status ?? -1))),
  ]);
  return { code, stdout, stderr };
}

const web = { namespace: 'default', pod: 'web', container: 'web' };

if (missing.length > 0) {
  test.skip(`NOT RUN: no kubectl ${missing.join(', ')} on this machine`, () => undefined);
}

describe.each(kubectls)('kubectl $version', ({ path, version }) => {
  test('gets pods and nodes as tables', async () => {
    const pods = await kubectl(path, 'none', ['get', 'pods']);
    expect(pods).toMatchObject({ code: 0, stderr: '' });
    expect(pods.stdout).toMatch(/^NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\n/);
    expect(pods.stdout).toMatch(/^web\s+1\/1\s+Running\s+0\s+\d+s$/m);
    const nodes = await kubectl(path, 'none', ['get', 'nodes']);
    expect(nodes.stdout).toMatch(/^node-1\s+Ready\s+\S+\s+\S+\s+v1\.33\.1$/m);
  });

  test('reads logs', async () => {
    labOf('none').lab.cluster.container(web).plant(`down-${version}`);
    const said = await kubectl(path, 'none', ['logs', 'web', '--tail=1']);
    expect(said).toEqual({ code: 0, stdout: `canary down-${version}\n`, stderr: '' });
  });

  test('executes with stdin and exit code', async () => {
    const said = await kubectl(
      path,
      'none',
      ['exec', '-i', 'web', '--', 'sh', '-c', 'cat; exit 7'],
      'hello\n',
    );
    expect(said).toMatchObject({ code: 7, stdout: 'hello\n' });
    expect(said.stderr).toContain('command terminated with exit code 7');
  });

  test('forwards a port', async () => {
    labOf('none').lab.cluster.container(web).plant(`down-${version}`);
    expect(await throughPortForward(path)).toBe(`down-${version}\n`);
  });

  test('proxies to a pod, to a service and to a kubelet', async () => {
    labOf('none').lab.cluster.container(web).plant(`down-${version}`);
    const raw = (url: string): Promise<Said> => kubectl(path, 'none', ['get', '--raw', url]);
    const base = '/api/v1/namespaces/default';
    expect((await raw(`${base}/pods/https:web:8443/proxy/canary`)).stdout).toBe(`down-${version}\n`);
    expect((await raw(`${base}/services/web:80/proxy/canary`)).stdout).toBe(`down-${version}\n`);
    expect((await raw('/api/v1/nodes/node-1/proxy/healthz')).stdout).toBe('ok');
  });

  test('shows the attacker’s log without the flag, and the error of a real cluster with it', async () => {
    expect((await attacked('none', path, ['logs', 'web'])).stdout).toContain('forged-by-the-attacker');
    const refused = await attacked('kubelet-ca', path, ['logs', 'web', '-c', 'web']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /^Error from server: Get "https:\/\/10\.0\.0\.11:10250\/containerLogs\/default\/web\/web": tls: failed to verify certificate: x509: certificate signed by unknown authority\n$/,
    );
  });
});

async function attacked(defence: DefenceId, path: string, args: string[]): Promise<Said> {
  const { cluster } = labOf(defence).lab;
  const attacker = new Attacker({ host: cluster.attackerHost });
  await using attack = await attacker.attack({
    technique: 'self-signed',
    targets: [{ address: addresses.node1, port: ports.kubelet }],
    position: neighbour(cluster.controlPlane, cluster.attackerHost, addresses.node1),
    mode: 'impersonate',
    present: null,
    forged: 'forged-by-the-attacker',
    tampered: 'tampered',
  });
  const said = await kubectl(path, defence, args);
  await attack.withdraw();
  return said;
}

/** Starts a port-forward on a port of kubectl's choice, asks the pod for its canary and stops it. */
async function throughPortForward(path: string): Promise<string> {
  const child = spawn(path, ['--kubeconfig', labOf('none').kubeconfig, 'port-forward', 'pod/web', ':8080'], {
    env: { PATH: process.env['PATH'], HOME: home },
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    const port = await new Promise<number>((resolve, reject) => {
      let said = '';
      const read = (chunk: Buffer): void => {
        said += chunk.toString();
        const match = /Forwarding from 127\.0\.0\.1:(\d+) -> 8080/.exec(said);
        if (match !== null) resolve(Number(match[1]));
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', () => reject(new Error(`kubectl ended: ${said}`)));
    });
    return await new Promise<string>((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, path: '/canary', agent: false }, (answer) =>
        resolve(text(answer)),
      );
      asked.on('error', reject).end();
    });
  } finally {
    child.kill('SIGINT');
    await ended;
  }
}
