import { beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import type { Cell } from '../report/outcome';
import type { PathId, Side } from '../scenarios/vocabulary';
import { addresses, ports } from './addresses';
import { startCluster } from './cluster';
import { defenceSettings } from './defences';
import { mintLabPki } from './lab-pki';
import { runMatrix } from './run-matrix';

const kubeletPaths: readonly PathId[] = [
  'logs',
  'logs-skip-verify',
  'exec',
  'attach',
  'port-forward',
  'node-proxy',
];
const nodePaths: readonly PathId[] = ['node-proxy-http', 'node-proxy-https'];
const podHttp: readonly PathId[] = ['pod-proxy-http', 'service-proxy-http'];
const podHttps: readonly PathId[] = ['pod-proxy-https', 'service-proxy-https'];
const paths = [...kubeletPaths, ...nodePaths, ...podHttp, ...podHttps];
const techniques = ['tap', 'self-signed', 'relay'] as const;
const tunnels = ['ssh-tunnel', 'ssh-tunnel-known-hosts'] as const;

let direct: readonly Cell[];

beforeAll(async () => {
  direct = (await runMatrix({ paths, defences: ['none'], techniques })).cells;
}, 60_000);

async function cellsOf(side: Side, some: readonly PathId[] = paths): Promise<readonly Cell[]> {
  return (await runMatrix({ paths: some, defences: tunnels, techniques, side })).cells;
}

function verdicts(
  cells: readonly Cell[],
  defence: string,
  technique: string,
  of: readonly PathId[] = paths,
): string[] {
  return of.map((path) => {
    const cell = cells.find((it) => it.path === path && it.defence === defence && it.technique === technique);
    return `${path} ${cell?.works === true ? cell.verdict : `broken: ${cell?.clientSaw}`}`;
  });
}

function all(verdict: string, of: readonly PathId[] = paths): string[] {
  return of.map((path) => `${path} ${verdict}`);
}

test('an administrator has a tunnel dialled anew, and nobody has where there is none', async () => {
  const redial = '/debug/midplane/redial';
  const answers: number[] = [];
  for (const defence of ['ssh-tunnel', 'none'] as const) {
    const settings = defenceSettings(defence);
    if (settings === null) throw new Error('not run');
    await using cluster = await startCluster({
      pki: await mintLabPki(),
      settings,
      log: pino({ level: 'silent' }),
    });
    const opened = () => cluster.tunneler?.openCount ?? 0;
    const before = opened();
    const asked = await cluster.admin.request('POST', `${redial}?address=${addresses.node1}`);
    answers.push(asked.status, opened() - before);
    answers.push((await cluster.admin.request('POST', redial)).status, opened() - before);
    answers.push((await cluster.admin.request('GET', redial)).status);
    expect(cluster.tunneler?.addresses.length ?? 2).toBe(2);
  }
  // Nothing is missing, so the second request opens nothing.
  expect(answers).toEqual([200, 1, 200, 1, 405, 405, 0, 405, 0, 404]);
});

test('the lab’s kubelets answer the health check at the far end of a tunnel', async () => {
  const settings = defenceSettings('ssh-tunnel');
  if (settings === null) throw new Error('not run');
  await using cluster = await startCluster({
    pki: await mintLabPki(),
    settings,
    log: pino({ level: 'silent' }),
  });
  const { tunneler } = cluster;
  expect([...(tunneler?.addresses ?? [])].sort()).toEqual([addresses.node1, addresses.node2]);
  expect(await tunneler?.dial({ host: '127.0.0.1', port: ports.kubelet })).toMatchObject({
    kind: 'connection',
  });
}, 30_000);

describe('SSH tunnels, attacked between the apiserver and port 22', () => {
  let cells: readonly Cell[];
  beforeAll(async () => {
    cells = await cellsOf('control-plane');
  }, 120_000);

  test('seal everything against who only looks on, plain HTTP too', () => {
    for (const tunnel of tunnels) expect(verdicts(cells, tunnel, 'tap')).toEqual(all('sealed'));
  });

  test('that believe any host key protect from nobody who answers: it is as without a tunnel', () => {
    expect(verdicts(cells, 'ssh-tunnel', 'self-signed')).toEqual(all('impersonated'));
    expect(verdicts(cells, 'ssh-tunnel', 'relay')).toEqual(verdicts(direct, 'none', 'relay'));
    for (const cell of cells.filter((it) => it.defence === 'ssh-tunnel' && kubeletPaths.includes(it.path))) {
      expect([cell.path, cell.clientCertificateShown]).toEqual([cell.path, cell.technique !== 'tap']);
    }
  });

  test('with known hosts refuse the attacker, and nothing is dialled past them', () => {
    for (const technique of ['self-signed', 'relay']) {
      expect(verdicts(cells, 'ssh-tunnel-known-hosts', technique)).toEqual(all('refused'));
    }
    for (const cell of cells.filter(({ verdict }) => verdict === 'refused')) {
      expect(cell.clientSaw).toContain('No SSH tunnels currently open.');
      expect(cell.reason).toContain('host key');
      expect(cell.evidence.connections).toBeGreaterThan(0);
    }
  });
});

describe('SSH tunnels, attacked behind the node that ends them', () => {
  let cells: readonly Cell[];
  beforeAll(async () => {
    cells = await cellsOf('node');
  }, 120_000);

  test.each(tunnels)('%s: what is for a node itself crosses no network there', (tunnel) => {
    const toNodes = [...kubeletPaths, ...nodePaths];
    for (const technique of techniques) {
      expect(verdicts(cells, tunnel, technique, toNodes)).toEqual(all('not-applicable', toNodes));
    }
  });

  test.each(tunnels)('%s: what is for a pod comes out of any node, and is open from there', (tunnel) => {
    expect(verdicts(cells, tunnel, 'tap', podHttp)).toEqual(all('plaintext', podHttp));
    expect(verdicts(cells, tunnel, 'self-signed', podHttp)).toEqual(all('not-applicable', podHttp));
    expect(verdicts(cells, tunnel, 'tap', podHttps)).toEqual(all('sealed', podHttps));
    expect(verdicts(cells, tunnel, 'self-signed', podHttps)).toEqual(all('impersonated', podHttps));
    expect(verdicts(cells, tunnel, 'relay', [...podHttp, ...podHttps])).toEqual(
      all('relayed', [...podHttp, ...podHttps]),
    );
  });
});

describe('SSH tunnels, attacked on both sides', () => {
  test('are broken by who waits where the connection goes then', async () => {
    const cells = await cellsOf('both', ['logs', 'pod-proxy-http']);
    const of = (tunnel: string): string[] =>
      techniques.flatMap((technique) => verdicts(cells, tunnel, technique, ['logs', 'pod-proxy-http']));
    expect(of('ssh-tunnel')).toEqual([
      'logs sealed',
      'pod-proxy-http plaintext',
      'logs impersonated',
      'pod-proxy-http impersonated',
      'logs denied',
      'pod-proxy-http relayed',
    ]);
    expect(of('ssh-tunnel-known-hosts')).toEqual([
      'logs sealed',
      'pod-proxy-http plaintext',
      // node-1's own tunnel is broken; out of node-2's the connection crosses the network of the nodes.
      'logs impersonated',
      'pod-proxy-http refused',
      'logs denied',
      'pod-proxy-http relayed',
    ]);
  }, 60_000);
});
