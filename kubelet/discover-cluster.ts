import type { Logger } from 'pino';
import { fieldsOf, itemsOf, textOf } from '../api/fields';
import type { Clock } from '../client/clock';
import { KubeClient, type KubeResponse } from '../client/kube-client';
import { type ClientConfig, serverOf } from '../client/kubeconfig';
import { type Host, joinHostPort } from '../network/network';
import type { Trust } from '../network/secure';
import { timeLimit } from '../network/time-limit';
import { emulatedKubernetes } from '../version';
import { type BootstrapToken, isDetachedJwsOf } from '../wire/detached-jws';
import { pemBlocks } from '../wire/pem';
import { failureText } from './failure-text';
import { unpinned } from './public-key-pin';

/**
 * How somebody who has a token, and nothing else, learns which cluster it is for: from a ConfigMap that anybody may read,
 * signed with the token. That signature is a MAC: whoever knows the token can make it, so by itself it tells strangers
 * apart and not those who hold a token. What does is the pin of the cluster's authority.
 * Source: cmd/kubeadm/app/discovery/token/token.go (retrieveValidatedConfigInfo).
 */
export interface DiscoveryOptions {
  readonly from: Host;
  readonly server: { readonly host: string; readonly port: number };
  readonly token: BootstrapToken;
  /** `sha256:HEX`, one of which must fit; none: whatever authority is told of is believed. */
  readonly caCertHashes: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface DiscoveredCluster {
  readonly kind: 'discovered';
  /** What cluster-info says, and the token: the bootstrap kubeconfig. */
  readonly config: ClientConfig & { readonly token: string };
  readonly caPem: string;
}

export interface DiscoveryRefused {
  readonly kind: 'refused';
  /** kubeadm's words. */
  readonly text: string;
}

const CLUSTER_INFO = '/api/v1/namespaces/kube-public/configmaps/cluster-info';
const RETRY_MS = 5_000;
const WITHIN_MS = 5 * 60_000;
const REQUEST_WITHIN_MS = 10_000;

export async function discoverCluster(
  options: DiscoveryOptions,
): Promise<DiscoveredCluster | DiscoveryRefused> {
  const { token, caCertHashes, server, log } = options;
  const endpoint = joinHostPort(server.host, server.port);
  log.info(
    `[discovery] Created cluster-info discovery client, requesting info from ${JSON.stringify(endpoint)}`,
  );
  const first = await clusterInfo(options, { kind: 'verify-nobody' });
  if (typeof first === 'string') return refused(first);
  const insecure = signedKubeconfig(first, token);
  if (insecure.kind === 'refused') return insecure;
  const cluster = parseClusterInfo(insecure.text);
  if (cluster.kind === 'refused') return cluster;
  const discovered = (): DiscoveredCluster => ({
    kind: 'discovered',
    caPem: cluster.caPem,
    config: {
      server: cluster.server,
      trust: { kind: 'verify', bundlePem: cluster.caPem, host: cluster.server.host },
      token: `${token.id}.${token.secret}`,
    },
  });
  const use = `will use API Server ${JSON.stringify(endpoint)}`;
  if (caCertHashes.length === 0) {
    log.info(
      `[discovery] Cluster info signature and contents are valid and no TLS pinning was specified, ${use}`,
    );
    return discovered();
  }
  const fault = authorityFault(cluster.caPem, caCertHashes);
  if (fault !== null) return refused(fault);
  log.info(
    `[discovery] Requesting info from ${JSON.stringify(endpoint)} again to validate TLS against the pinned public key`,
  );
  const trust: Trust = { kind: 'verify', bundlePem: cluster.caPem, host: server.host };
  const second = await clusterInfo(options, trust);
  if (typeof second === 'string') return refused(second);
  if (second['kubeconfig'] !== insecure.text) {
    return refused(
      'the second kubeconfig from the cluster-info ConfigMap (using validated TLS) was different from the first',
    );
  }
  log.info(
    `[discovery] Cluster info signature and contents are valid and TLS certificate validates against pinned roots, ${use}`,
  );
  return discovered();
}

function refused(text: string): DiscoveryRefused {
  return { kind: 'refused', text };
}

type Data = Readonly<Record<string, string>>;

/** Asks without any credential until there is an answer that is signed with the token's id; the last problem otherwise. */
async function clusterInfo(options: DiscoveryOptions, trust: Trust): Promise<Data | string> {
  const { from, server, token, clock, log, signal } = options;
  await using client = new KubeClient({
    from,
    server,
    trust,
    userAgent: `kubeadm/${emulatedKubernetes} (linux/amd64)`,
  });
  const until = clock.now().getTime() + WITHIN_MS;
  log.info(
    `[discovery] Waiting for the cluster-info ConfigMap to receive a JWS signature for token ID ${JSON.stringify(token.id)}`,
  );
  for (;;) {
    const over = timeLimit(REQUEST_WITHIN_MS, signal);
    const path = `${CLUSTER_INFO}?timeout=10s`;
    const answer = await client.request('GET', path, { signal: over });
    const data = dataOf(answer);
    if (data[`jws-kubeconfig-${token.id}`] !== undefined) return data;
    const problem = answer.ok
      ? `could not find a JWS signature in the cluster-info ConfigMap for token ID ${JSON.stringify(token.id)}`
      : `failed to request the cluster-info ConfigMap: ${failureText(answer, client.server, 'Get', path)}`;
    log.info(`[discovery] Retrying due to error: ${problem}`);
    if (signal.aborted || clock.now().getTime() + RETRY_MS > until) return problem;
    await clock.pause(RETRY_MS, signal);
  }
}

/** Whoever answers is not known yet: what is no text is not there. */
function dataOf(answer: KubeResponse): Data {
  const data = answer.ok ? fieldsOf(fieldsOf(answer.json())['data']) : {};
  return Object.fromEntries(
    Object.entries(data).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** Source: validateClusterInfoToken. */
function signedKubeconfig(
  data: Data,
  token: BootstrapToken,
): { readonly kind: 'signed'; readonly text: string } | DiscoveryRefused {
  const text = data['kubeconfig'] ?? '';
  if (text === '') {
    return refused(
      "there is no kubeconfig key in the cluster-info ConfigMap. This API Server isn't set up for token bootstrapping, can't connect",
    );
  }
  const jws = data[`jws-kubeconfig-${token.id}`] ?? '';
  if (jws === '') {
    return refused(
      `token id ${JSON.stringify(token.id)} is invalid for this cluster or it has expired. Use "kubeadm token create" on the control-plane node to create a new valid token`,
    );
  }
  if (!isDetachedJwsOf(jws, text, token)) {
    return refused(
      "failed to verify JWS signature of received cluster info object, can't trust this API Server",
    );
  }
  return { kind: 'signed', text };
}

interface ClusterInfo {
  readonly kind: 'cluster-info';
  readonly server: ClientConfig['server'];
  readonly caPem: string;
}

/** A kubeconfig with one cluster and nobody in it. */
function parseClusterInfo(text: string): ClusterInfo | DiscoveryRefused {
  const unreadable = (why: string): DiscoveryRefused =>
    refused(`couldn't parse the kubeconfig file in the cluster-info ConfigMap: ${why}`);
  let content: unknown;
  try {
    content = (require('yaml') as typeof import('yaml')).parse(text);
  } catch (error) {
    return unreadable(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }
  const found = itemsOf(fieldsOf(content)['clusters']);
  const [only] = found;
  if (found.length !== 1 || only === undefined) {
    return refused(
      `expected the kubeconfig file in the cluster-info ConfigMap to have a single cluster, but it had ${found.length}`,
    );
  }
  const { server, 'certificate-authority-data': authority } = fieldsOf(only['cluster']);
  const [address, data] = [textOf(server), textOf(authority)];
  if (!URL.canParse(address)) return unreadable(`server ${JSON.stringify(address)} is not a URL`);
  const caPem = Buffer.from(data, 'base64').toString();
  return { kind: 'cluster-info', server: serverOf(new URL(address)), caPem };
}

/** Source: validateClusterCA. */
function authorityFault(caPem: string, pins: readonly string[]): string | null {
  const unparsed = (why: string): string =>
    `failed to parse cluster CA from the cluster-info ConfigMap: ${why}`;
  if (!pemBlocks(caPem).some(({ label }) => label === 'CERTIFICATE')) {
    return unparsed('data does not contain any valid RSA or ECDSA certificates');
  }
  try {
    const fault = unpinned(caPem, pins);
    return fault === null ? null : `cluster CA found in cluster-info ConfigMap is invalid: ${fault}`;
  } catch (error) {
    return unparsed(error instanceof Error ? error.message : String(error));
  }
}
