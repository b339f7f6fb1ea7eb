import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Clock } from '../client/clock';
import { scriptedApiserver } from '../client/kube-client.test.fixtures';
import { hostNetwork } from '../network/host-network';
import { createAuthority } from '../pki/authority';
import { detachedJws } from '../wire/detached-jws';
import { type DiscoveryOptions, discoverCluster } from './discover-cluster';
import { type ControlPlane, clusterInfoKubeconfig, SERVER, startControlPlane } from './joining.test.fixtures';
import { silent } from './kubelet.test.fixtures';
import { pinFault, pinsOf, unpinned } from './public-key-pin';

const HASH = `sha256:${'0'.repeat(64)}`;
const token = { id: 'abcdef', secret: '0123456789abcdef' };

describe('a pin', () => {
  test.each([
    [HASH, null],
    [HASH.toUpperCase(), null],
    ['0'.repeat(64), 'invalid hash, expected "format:hex-value". Known format(s) are: sha256'],
    ['sha256:a:b', 'invalid hash, expected "format:hex-value". Known format(s) are: sha256'],
    [`md5:${'0'.repeat(32)}`, 'unknown hash format "md5". Known format(s) are: sha256'],
    ['sha256:00', 'invalid hash "sha256:00", expected a 32 byte SHA-256 hash, found 1 bytes'],
    [
      `sha256:${'0'.repeat(63)}x`,
      `invalid hash "sha256:${'0'.repeat(63)}x", could not decode SHA-256 from hex: encoding/hex: invalid byte: U+0078 'x'`,
    ],
  ])('%s', (pin, fault) => {
    expect(pinFault(pin)).toBe(fault);
  });

  test('is the one that the documentation has openssl compute', async () => {
    const { certPem } = await createAuthority({ commonName: 'LAB pin' });
    const publicKey = execFileSync('openssl', ['x509', '-pubkey', '-noout'], { input: certPem });
    const der = execFileSync('openssl', ['pkey', '-pubin', '-outform', 'der'], { input: publicKey });
    const digest = execFileSync('openssl', ['dgst', '-sha256', '-hex'], { input: der }).toString();
    expect(pinsOf(certPem)).toEqual([`sha256:${digest.trim().split(' ').at(-1)}`]);
  });

  test('one of several, of one of several, is enough', async () => {
    const [a, b] = [await createAuthority({ commonName: 'a' }), await createAuthority({ commonName: 'b' })];
    const [pin = ''] = pinsOf(b.certPem);
    expect(unpinned(a.certPem + b.certPem, [HASH, pin.toUpperCase()])).toBeNull();
    expect(unpinned(a.certPem, [pin])).toBe(`none of the public keys "${pinsOf(a.certPem)[0]}" are pinned`);
  });
});

describe('discovery by a token', () => {
  let cluster: ControlPlane;
  beforeEach(async () => {
    cluster = await startControlPlane();
  });
  afterEach(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  /** Nobody waits five minutes here. */
  const impatient = (): Clock => {
    let now = Date.now();
    return {
      now: () => new Date(now),
      pause: async (ms) => {
        now += ms;
      },
    };
  };
  const discover = (over: Partial<DiscoveryOptions> = {}) =>
    discoverCluster({
      from: cluster.node,
      server: SERVER,
      token,
      caCertHashes: pinsOf(cluster.authority.certPem),
      clock: impatient(),
      log: silent,
      signal: new AbortController().signal,
      ...over,
    });

  test.each([
    ['with the pin', (it: ControlPlane) => pinsOf(it.authority.certPem)],
    ['without', () => []],
  ])('%s finds the cluster, and makes a bootstrap kubeconfig of it', async (_how, pins) => {
    await cluster.publishClusterInfo();
    expect(await discover({ caCertHashes: pins(cluster) })).toEqual({
      kind: 'discovered',
      caPem: cluster.authority.certPem,
      config: cluster.bootstrapConfig,
    });
  });

  test('waits for the signature, which comes a bit later', async () => {
    await cluster.publishClusterInfo({
      data: { kubeconfig: clusterInfoKubeconfig(cluster.authority.certPem) },
    });
    const clock = impatient();
    const path = '/api/v1/namespaces/kube-public/configmaps/cluster-info';
    let pauses = 0;
    const found = await discover({
      clock: {
        now: () => clock.now(),
        pause: async () => {
          pauses += 1;
          const map = (await cluster.admin.request('GET', path)).json() as { data: Record<string, string> };
          const jws = detachedJws(map.data['kubeconfig'] ?? '', token);
          await cluster.admin.request('PUT', path, {
            body: { ...map, data: { ...map.data, 'jws-kubeconfig-abcdef': jws } },
          });
        },
      },
    });
    expect(found.kind).toBe('discovered');
    expect(pauses).toBe(1);
  });

  test('somebody who does not know the token is not believed, with the pin or without', async () => {
    const kubeconfig = clusterInfoKubeconfig(cluster.authority.certPem);
    const jws = detachedJws(kubeconfig, { ...token, secret: 'aaaaaaaaaaaaaaaa' });
    await cluster.publishClusterInfo({ data: { kubeconfig, 'jws-kubeconfig-abcdef': jws } });
    const text =
      "failed to verify JWS signature of received cluster info object, can't trust this API Server";
    expect(await discover()).toEqual({ kind: 'refused', text });
    expect(await discover({ caCertHashes: [] })).toEqual({ kind: 'refused', text });
  });

  test('somebody who knows it is believed without the pin, and not with it', async () => {
    const rogue = await createAuthority({ commonName: 'rogue' });
    await cluster.publishClusterInfo({ caPem: rogue.certPem });
    expect(await discover({ caCertHashes: [] })).toMatchObject({ kind: 'discovered', caPem: rogue.certPem });
    expect(await discover()).toEqual({
      kind: 'refused',
      text: `cluster CA found in cluster-info ConfigMap is invalid: none of the public keys "${pinsOf(rogue.certPem)[0]}" are pinned`,
    });
  });

  test('a server that shows another authority than the pinned one is asked, and not believed', async () => {
    // It tells of the authority that is pinned, which everybody can: its certificate is public.
    const other = await createAuthority({ commonName: 'the real cluster' });
    await cluster.publishClusterInfo({ caPem: other.certPem });
    const found = await discover({ caCertHashes: pinsOf(other.certPem) });
    expect(found).toMatchObject({
      kind: 'refused',
      text: expect.stringMatching(
        /^failed to request the cluster-info ConfigMap: Get "https:\/\/10\.0\.0\.10:6443\/api\/v1\/namespaces\/kube-public\/configmaps\/cluster-info\?timeout=10s": tls: failed to verify certificate: x509: certificate signed by unknown authority/,
      ),
    });
  });

  test.each<[string, Record<string, string> | null, string]>([
    [
      'no cluster-info',
      null,
      'failed to request the cluster-info ConfigMap: configmaps "cluster-info" not found',
    ],
    [
      'one that no token has signed',
      { kubeconfig: 'x' },
      'could not find a JWS signature in the cluster-info ConfigMap for token ID "abcdef"',
    ],
    [
      'one without a kubeconfig',
      { 'jws-kubeconfig-abcdef': 'x' },
      "there is no kubeconfig key in the cluster-info ConfigMap. This API Server isn't set up for token bootstrapping, can't connect",
    ],
    [
      'one of no cluster',
      { kubeconfig: '{}', 'jws-kubeconfig-abcdef': detachedJws('{}', token) },
      'expected the kubeconfig file in the cluster-info ConfigMap to have a single cluster, but it had 0',
    ],
  ])('%s is refused in kubeadm words', async (_what, data, text) => {
    if (data !== null) await cluster.publishClusterInfo({ data });
    expect(await discover()).toEqual({ kind: 'refused', text });
  });

  test.each<[string, string, string]>([
    ['a page', '<html>welcome</html>', 'could not find a JWS signature'],
    ['data of nothing', '{"data":null}', 'could not find a JWS signature'],
    [
      'a signature of another type',
      '{"data":{"kubeconfig":"x","jws-kubeconfig-abcdef":5}}',
      'could not find',
    ],
    [
      'a kubeconfig of another type',
      '{"data":{"kubeconfig":{},"jws-kubeconfig-abcdef":"x"}}',
      'no kubeconfig key',
    ],
    ['clusters of nothing', clusterInfoOf('clusters: [null]'), 'a single cluster, but it had 0'],
    ['a cluster of nothing', clusterInfoOf('clusters: [{cluster: null}]'), 'server "" is not a URL'],
    [
      'a server of another type',
      clusterInfoOf('clusters: [{cluster: {server: 5}}]'),
      'server "" is not a URL',
    ],
  ])('a stranger who answers with %s is refused', async (_what, body, text) => {
    await using stranger = await scriptedApiserver({ onRequest: (_, response) => void response.end(body) });
    const [host = '', port] = stranger.server.split(':');
    const server = { host, port: Number(port) };
    const found = await discover({ from: hostNetwork(), server });
    expect(found).toEqual({ kind: 'refused', text: expect.stringContaining(text) });
  });
});

function clusterInfoOf(kubeconfig: string): string {
  return JSON.stringify({ data: { kubeconfig, 'jws-kubeconfig-abcdef': detachedJws(kubeconfig, token) } });
}
