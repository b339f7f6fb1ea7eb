import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { neighbour } from '../attacker/position';
import { KubeClient } from '../client/kube-client';
import type { HandshakeFailure, SecureConnection } from '../network/secure';
import { TlsAcceptor } from '../network/secure-server';
import { createAuthority } from '../pki/authority';
import type { DefenceId, PathId, Side, TechniqueId, VerdictId } from '../scenarios/vocabulary';
import { addresses, ports } from './addresses';
import { verifiedApiserver } from './control-plane';
import { defenceSettings } from './defences';
import { AGENT_AUDIENCE, agentToken, startLabAgent } from './konnectivity';
import { type LabPki, mintLabPki } from './lab-pki';
import { pathSpec } from './paths';
import { type Lab, startLab } from './run-matrix';

let pki: LabPki;
const labs = new Map<string, Lab>();

beforeAll(async () => {
  pki = await mintLabPki();
});

afterAll(async () => {
  for (const lab of labs.values()) await lab[Symbol.asyncDispose]();
});

async function labOf(defence: DefenceId, side: Side): Promise<Lab> {
  const key = `${defence} ${side}`;
  const settings = defenceSettings(defence);
  if (settings === null) throw new Error(`no settings for "${defence}"`);
  const lab = labs.get(key) ?? (await startLab(pki, settings, { side }));
  labs.set(key, lab);
  return lab;
}

type Row = readonly [path: PathId, technique: TechniqueId, verdict: VerdictId];

/** Without an attacker on the far side nobody gets anything, plain HTTP included. */
const betweenApiserverAndServer: readonly Row[] = [
  ['logs', 'tap', 'sealed'],
  ['logs', 'self-signed', 'refused'],
  ['exec', 'rogue-ca', 'refused'],
  ['port-forward', 'relay', 'refused'],
  ['pod-proxy-http', 'tap', 'sealed'],
  ['pod-proxy-http', 'self-signed', 'refused'],
  ['service-proxy-http', 'relay', 'refused'],
  ['node-proxy-https', 'expired', 'refused'],
];

/** What no flag verifies. */
const unverified: readonly Row[] = [
  ['logs-skip-verify', 'self-signed', 'impersonated'],
  ['node-proxy-http', 'tap', 'plaintext'],
  ['node-proxy-https', 'self-signed', 'impersonated'],
  ['pod-proxy-http', 'tap', 'plaintext'],
  ['pod-proxy-http', 'relay', 'relayed'],
  ['pod-proxy-https', 'relay', 'relayed'],
  ['service-proxy-http', 'tap', 'plaintext'],
  ['service-proxy-https', 'self-signed', 'impersonated'],
];

const kubeletPaths: readonly PathId[] = ['logs', 'exec', 'attach', 'port-forward', 'node-proxy'];

const behindTheAgent: readonly Row[] = [
  ...unverified,
  ...kubeletPaths.map((path): Row => [path, 'self-signed', 'impersonated']),
  ['logs', 'tap', 'sealed'],
  ['logs', 'relay', 'denied'],
];

const behindTheAgentVerified: readonly Row[] = [
  ...unverified,
  ...kubeletPaths.map((path): Row => [path, 'self-signed', 'refused']),
  ['logs', 'tap', 'sealed'],
  ['logs', 'relay', 'refused'],
  ['exec', 'stolen', 'impersonated'],
];

const cells: readonly (readonly [DefenceId, Side, readonly Row[]])[] = [
  ['konnectivity', 'control-plane', betweenApiserverAndServer],
  ['konnectivity', 'node', behindTheAgent],
  ['konnectivity', 'both', behindTheAgent],
  ['konnectivity-kubelet-ca', 'control-plane', betweenApiserverAndServer],
  ['konnectivity-kubelet-ca', 'node', behindTheAgentVerified],
  [
    'konnectivity-kubelet-ca',
    'both',
    behindTheAgentVerified.filter(([, technique]) => technique !== 'stolen'),
  ],
];

describe.each(cells)('under %s, on side %s', (defence, side, rows) => {
  test.each(rows)('%s attacked by %s is %s', async (path, technique, verdict) => {
    const spec = pathSpec(path);
    if (spec === null) throw new Error(`no path "${path}"`);
    const cell = await (await labOf(defence, side)).run(spec, defence, technique);
    expect(cell).toMatchObject({ works: true, verdict, side, path, technique });
  });
});

describe('whoever has the key of the proxy server', () => {
  test.each<[DefenceId, PathId, VerdictId]>([
    ['konnectivity', 'logs', 'impersonated'],
    ['konnectivity', 'exec', 'impersonated'],
    ['konnectivity', 'pod-proxy-http', 'impersonated'],
    ['konnectivity-kubelet-ca', 'logs', 'refused'],
    ['konnectivity-kubelet-ca', 'exec', 'refused'],
    ['konnectivity-kubelet-ca', 'pod-proxy-http', 'impersonated'],
    ['konnectivity-kubelet-ca', 'pod-proxy-https', 'impersonated'],
  ])('is it, and under %s %s is %s', async (defence, path, verdict) => {
    const spec = pathSpec(path);
    if (spec === null) throw new Error(`no path "${path}"`);
    const cell = await (await labOf(defence, 'control-plane')).run(spec, defence, 'stolen');
    expect(cell).toMatchObject({ works: true, verdict });
  });
});

describe('between agent and proxy server', () => {
  test('an impostor is refused before it is shown a token', async () => {
    const { cluster } = await labOf('konnectivity', 'node');
    const { konnectivity, attackerHost, nodes } = cluster;
    if (konnectivity === null) throw new Error('no proxy server');
    const { agent, server } = konnectivity;
    const genuine = { address: addresses.konnectivityServer, port: ports.konnectivityAgents };
    const impostor = await createAuthority({ commonName: 'LAB kubernetes' });
    const acceptor = new TlsAcceptor({
      keyPair: await impostor.issue({
        commonName: 'konnectivity-server',
        ipAddresses: [genuine.address],
        usages: ['serverAuth'],
      }),
      requestClientCertificate: true,
      alpn: ['h2'],
    });
    const met: (SecureConnection | HandshakeFailure)[] = [];
    await using listener = await attackerHost.listen(
      { address: addresses.attacker, port: 0 },
      (connection) => void acceptor.accept(connection).then((outcome) => met.push(outcome)),
    );
    const undo = attackerHost.nat.redirect({ to: genuine, toPort: listener.at.port });
    const giveBack = await neighbour(nodes['node-2'], attackerHost, genuine.address).take();
    const attempt = agent.nextAttempt();
    server.dropAgents();
    expect(await attempt).toContain(
      'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    );
    await giveBack();
    undo();
    // Whatever came by, it came no further than the handshake.
    expect(met.filter(({ kind }) => kind === 'secure-connection')).toEqual([]);
    await server.whenConnected(agent.agentId);
  });
});

describe('the token of an agent', () => {
  test('is worth nothing at the apiserver', async () => {
    const { cluster } = await labOf('konnectivity', 'node');
    await using thief = new KubeClient({
      from: cluster.attackerHost,
      ...verifiedApiserver(cluster.pki),
      token: await agentToken(cluster.admin),
    });
    const answer = await thief.request('GET', '/api/v1/pods');
    expect([answer.status, answer.words]).toEqual([
      401,
      'error: You must be logged in to the server (Unauthorized)',
    ]);
  });

  test.each([
    ['made out to another audience', 'konnectivity-agent', [], 'lookup failed: '],
    [
      'of another account',
      'default',
      [AGENT_AUDIENCE],
      'lookup failed: incoming request from "default" service account. Expected "konnectivity-agent"',
    ],
  ])('%s is none', async (_, account, audiences, words) => {
    const { cluster } = await labOf('konnectivity', 'node');
    const path = '/api/v1/namespaces/kube-system/serviceaccounts';
    const object = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account } };
    await cluster.admin.request('POST', path, { body: object });
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences } };
    const answer = await cluster.admin.request('POST', `${path}/${account}/token`, { body });
    const { status } = answer.json() as { status: { token: string } };
    await using agent = startLabAgent(
      { pki: cluster.pki, log: pino({ level: 'silent' }) },
      { host: cluster.attackerHost, agentId: 'rogue', identifiers: '', token: async () => status.token },
    );
    expect(await agent.nextAttempt()).toContain(
      `rpc error: code = Unknown desc = Failed to validate authentication token, err:${words}`,
    );
    expect(cluster.konnectivity?.server.agentIds).not.toContain('rogue');
  });
});
