import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { KubeNode } from '../api/objects';
import {
  type DefenceId,
  type PathId,
  type PositionId,
  positionsRun,
  type TechniqueId,
  type VerdictId,
} from '../scenarios/vocabulary';
import type { Dials } from './cluster';
import { defenceSettings } from './defences';
import { type LabPki, mintLabPki } from './lab-pki';
import { pathSpec } from './paths';
import { dialsFor, type Lab, runMatrix, startLab } from './run-matrix';

let pki: LabPki;
const labs = new Map<string, Lab>();

beforeAll(async () => {
  pki = await mintLabPki();
});

afterAll(async () => {
  for (const lab of labs.values()) await lab[Symbol.asyncDispose]();
});

async function labOf(defence: DefenceId, dials: Dials): Promise<Lab> {
  const key = `${defence} ${dials}`;
  const known = labs.get(key);
  if (known !== undefined) return known;
  const settings = defenceSettings(defence);
  if (settings === null) throw new Error(`no settings for "${defence}"`);
  const lab = await startLab(pki, settings, { dials });
  labs.set(key, lab);
  return lab;
}

async function cellOf(position: PositionId, path: PathId, defence: DefenceId, technique: TechniqueId) {
  const spec = pathSpec(path);
  if (spec === null) throw new Error(`no path "${path}"`);
  const lab = await labOf(defence, dialsFor(position));
  return { lab, cell: await lab.run(spec, defence, technique, position) };
}

/** Everything that a position could have changed. */
async function tables({ cluster }: Lab): Promise<unknown> {
  const answer = await cluster.admin.request('GET', '/api/v1/nodes/node-1');
  return {
    hosts: cluster.fabric.hosts
      // Pods of the runs themselves come and go.
      .filter(({ name }) => !name.includes('/'))
      .map(({ name, neighbours, routes, names, nat, forwards }) => ({
        name,
        neighbours: neighbours.entries(),
        routes: routes.entries(),
        names: [...names],
        redirects: [...nat.redirects],
        forwards,
      })),
    addresses: (answer.json() as KubeNode).status?.addresses,
  };
}

const open: readonly [PositionId, PathId, DefenceId, TechniqueId, VerdictId][] = [
  ['route', 'logs', 'none', 'self-signed', 'impersonated'],
  ['route', 'pod-proxy-http', 'none', 'tap', 'plaintext'],
  ['route', 'pod-api', 'client-insecure', 'replay', 'hijacked'],
  ['name', 'exec', 'none', 'self-signed', 'impersonated'],
  ['name', 'pod-api', 'client-insecure', 'replay', 'hijacked'],
  ['name', 'kubelet-api', 'client-insecure', 'self-signed', 'impersonated'],
  ['node-address', 'exec', 'none', 'self-signed', 'impersonated'],
  ['node-address', 'metrics-scrape', 'client-insecure', 'replay', 'hijacked'],
  ['compromised-node', 'exec', 'none', 'self-signed', 'impersonated'],
  ['compromised-node', 'exec', 'kubelet-ca', 'stolen', 'impersonated'],
  ['compromised-node', 'pod-proxy-http', 'none', 'tap', 'plaintext'],
  ['compromised-node', 'pod-api', 'client-insecure', 'relay', 'relayed'],
  ['compromised-node', 'kubelet-api', 'client-insecure', 'self-signed', 'impersonated'],
];

const closed: readonly [PositionId, PathId, DefenceId, TechniqueId, VerdictId][] = [
  ['route', 'logs', 'kubelet-ca', 'self-signed', 'refused'],
  ['name', 'exec', 'kubelet-ca', 'self-signed', 'refused'],
  ['name', 'pod-api', 'client-ca', 'replay', 'refused'],
  // To be the node is not to have its new address in its certificate.
  ['node-address', 'exec', 'kubelet-ca', 'stolen', 'refused'],
  ['node-address', 'exec', 'kubelet-ca', 'tap', 'refused'],
  ['compromised-node', 'exec', 'kubelet-ca', 'self-signed', 'refused'],
  ['compromised-node', 'exec', 'kubelet-ca', 'tap', 'sealed'],
  ['compromised-node', 'kubelet-api', 'client-ca', 'self-signed', 'refused'],
];

describe('a position', () => {
  test.each([...open, ...closed])(
    '%s on %s under %s with %s comes out %s',
    async (position, path, defence, technique, verdict) => {
      const { cell } = await cellOf(position, path, defence, technique);
      expect(cell).toMatchObject({ works: true, verdict, position });
      expect(cell.evidence.connections).toBeGreaterThan(0);
    },
    30_000,
  );

  test.each(positionsRun)(
    '%s gives back what it took, and the path then works',
    async (position) => {
      const lab = await labOf('none', dialsFor(position));
      const before = await tables(lab);
      const { cell } = await cellOf(position, 'exec', 'none', 'self-signed');
      expect(cell.verdict).toBe('impersonated');
      expect(await tables(lab)).toEqual(before);
      const outcome = await lab.cluster.admin.exec({
        namespace: 'default',
        pod: 'web',
        command: ['hostname'],
      });
      expect(outcome).toMatchObject({ ok: true });
    },
    30_000,
  );

  test.each<[PositionId, PathId, DefenceId, TechniqueId, readonly string[]]>([
    ['arp', 'logs', 'none', 'self-signed', ['neighbour', 'connection']],
    ['arp', 'logs', 'none', 'tap', ['neighbour']],
    ['route', 'logs', 'none', 'self-signed', ['route', 'connection']],
    ['name', 'exec', 'none', 'self-signed', ['resolver', 'connection']],
    ['name', 'pod-api', 'client-insecure', 'replay', ['resolver', 'audit', 'connection']],
    ['node-address', 'exec', 'none', 'self-signed', ['node', 'audit', 'connection']],
    ['compromised-node', 'exec', 'none', 'self-signed', ['nat']],
    ['route', 'logs', 'kubelet-ca', 'self-signed', ['route', 'audit', 'connection', 'client']],
  ])(
    '%s on %s under %s with %s leaves traces where it says, and no others',
    async (position, path, defence, technique, kinds) => {
      const { cell } = await cellOf(position, path, defence, technique);
      const traces = cell.evidence.traces ?? [];
      expect([...new Set(traces.map(({ kind }) => kind))]).toEqual(kinds);
      for (const trace of traces) expect(trace).not.toMatchObject({ text: '' });
      // The tables are given back, what was written down stays.
      const table = ['neighbour', 'route', 'resolver', 'nat'];
      expect(traces.filter(({ kind, lasts }) => table.includes(kind) && lasts)).toEqual([]);
    },
    30_000,
  );

  test('of what the lab prepares nothing is taken for a trace', async () => {
    for (const path of ['metrics-scrape', 'kube-proxy-api', 'kubelet-bootstrap'] as const) {
      const { cell } = await cellOf('route', path, 'client-insecure', 'self-signed');
      const ofAdmin = (cell.evidence.traces ?? []).filter(
        ({ kind, text }) =>
          kind === 'audit' &&
          text.includes('kubernetes-admin') &&
          !text.includes('certificatesigningrequests'),
      );
      expect(ofAdmin).toEqual([]);
    }
  }, 30_000);

  test('that gets nothing of a path says why', async () => {
    const { cell } = await cellOf('name', 'pod-proxy-https', 'none', 'self-signed');
    expect(cell).toMatchObject({ verdict: 'not-applicable', works: true, position: 'name' });
    expect(cell.reason).toContain('What is dialled here is an address');
  });

  test('is asked for in a matrix, several at once, each with what it brings', async () => {
    const { cells } = await runMatrix({
      paths: ['logs'],
      defences: ['kubelet-ca'],
      positions: ['name', 'compromised-node'],
    });
    const verdicts = cells.map(({ position, technique, verdict }) => `${position} ${technique} ${verdict}`);
    expect(verdicts).toEqual([
      'compromised-node tap sealed',
      'compromised-node self-signed refused',
      'compromised-node rogue-ca refused',
      'compromised-node relay refused',
      'compromised-node stolen impersonated',
      'name tap sealed',
      'name self-signed refused',
      'name rogue-ca refused',
      'name relay refused',
    ]);
  });
});
