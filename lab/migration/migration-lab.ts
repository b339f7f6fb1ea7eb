import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { KubeNode } from '../../api/objects';
import type { KubeResponse } from '../../client/kube-client';
import { pause } from '../../client/pause';
import {
  type CertificateSigningRequest,
  hasFailed,
  isApproved,
  isPending,
  requestsPath,
  withCondition,
} from '../../controller-manager/certificate-signing-request';
import { MidplaneError } from '../../error';
import { SERVING_SIGNER } from '../../kubelet/bootstrap';
import { memoryStore } from '../../kubelet/certificate-store';
import { timeLimit } from '../../network/time-limit';
import { createAuthority, type LeafRequest } from '../../pki/authority';
import { parseCertificateRequest } from '../../wire/certificate-request';
import { ipText } from '../../wire/ip-address';
import { pemBlocks } from '../../wire/pem';
import { ports } from '../addresses';
import { type Cluster, type KubeletChange, startCluster } from '../cluster';
import { defenceSettings } from '../defences';
import { mintLabPki, type NodeName, nodeAddress } from '../lab-pki';
import type { ContainerName } from '../paths';
import type { Observed, RequestState } from './diagnose';
import { type Looked, lookAtKubelet } from './look-at-kubelet';

/**
 * A stock cluster whose apiserver and kubelets can be restarted with other settings, and what an administrator asks of it.
 * The apiserver keeps its objects on disk, as one would that is restarted in earnest.
 */
export interface MigrationLab extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly signal: AbortSignal;
  /** Restarts the apiserver with these flags beside the stock ones, or in their place. */
  setApiserver(flags: readonly string[], insteadOf?: Readonly<Record<string, string>>): Promise<void>;
  /** Restarts a node's kubelet. What is not said stays as it was. */
  setKubelet(node: NodeName, change: Partial<Omit<KubeletChange, 'servingStore'>>): Promise<void>;
  /** A certificate of the cluster's authority, with what is asked for and nothing else. */
  issue(request: LeafRequest): ReturnType<Cluster['pki']['authority']['issue']>;
  /** `kubectl logs` of the node's web server: whether the line that was just planted there came back. */
  logs(node: NodeName): Promise<Asked>;
  /** Until they do, or for as long as that may take. */
  logsComeBack(node: NodeName): Promise<Asked>;
  /** How long ago a node's kubelet was last restarted. */
  sinceRestartMs(node: NodeName): number;
  /** The node's kubelet-serving requests. */
  requests(node: NodeName): Promise<readonly ServingRequest[]>;
  /** The first pending one, as soon as there is one. */
  pendingRequest(node: NodeName): Promise<ServingRequest>;
  /** Addresses of the Node object, as `InternalIP 10.0.0.11`. */
  addressesOf(node: NodeName): Promise<readonly string[]>;
  /** `kubectl certificate approve`, and the kubelet has what it asked for. */
  approve(node: NodeName, request: ServingRequest): Promise<void>;
  look(node: NodeName): Promise<Looked>;
  /** All that there is to see from outside of a connection that failed with these words. */
  observe(node: NodeName, words: string): Promise<{ readonly observed: Observed; readonly shown: string }>;
}

export interface Asked {
  readonly command: string;
  readonly works: boolean;
  /** The line that came back, or what kubectl printed. */
  readonly saw: string;
}

export interface ServingRequest {
  readonly csr: CertificateSigningRequest;
  readonly name: string;
  readonly state: RequestState;
  /** `IP:10.0.0.11`, `DNS:node-1`. */
  readonly sans: readonly string[];
}

export const authorityFlag = '--kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt';
/** Of the file that people take for the CA: kubeadm puts it beside it, and it signs no kubelet. */
export const otherAuthorityFlag = '--kubelet-certificate-authority=/etc/kubernetes/pki/front-proxy-ca.crt';

const webOf: Readonly<Record<NodeName, ContainerName>> = {
  'node-1': { namespace: 'default', pod: 'web', container: 'web' },
  'node-2': { namespace: 'default', pod: 'web-2', container: 'web' },
};

const WITHIN_MS = 20_000;
const LOOK_AGAIN_MS = 20;

/** Throws MidplaneError LAB_START_FAILED. */
export async function startMigrationLab(log: Logger, signal: AbortSignal): Promise<MigrationLab> {
  const settings = defenceSettings('none');
  if (settings === null) throw new Error('a stock cluster is always run');
  const dataDir = await mkdtemp(join(tmpdir(), 'midplane-drill-'));
  const own = [`--data-dir=${dataDir}`];
  const frontProxy = await createAuthority({ commonName: 'LAB front-proxy-ca' });
  const files: Readonly<Record<string, string>> = {
    '/etc/kubernetes/pki/front-proxy-ca.crt': frontProxy.certPem,
  };
  const remove = (): Promise<void> => rm(dataDir, { recursive: true, force: true });
  const cluster = await startCluster({
    pki: await mintLabPki(),
    settings,
    log,
    controllers: true,
    apiserverFlags: own,
    readFile: async (path) => {
      const content = files[path];
      if (content === undefined) throw new MidplaneError('FILE_UNREADABLE', `the lab has no file "${path}"`);
      return content;
    },
  }).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  return new RunningLab(cluster, own, signal, remove);
}

class RunningLab implements MigrationLab {
  readonly cluster: Cluster;
  readonly signal: AbortSignal;
  readonly #own: readonly string[];
  readonly #remove: () => Promise<void>;
  readonly #kubelets: Record<NodeName, KubeletChange>;
  readonly #restartedAt = new Map<NodeName, number>();

  constructor(cluster: Cluster, own: readonly string[], signal: AbortSignal, remove: () => Promise<void>) {
    this.cluster = cluster;
    this.signal = signal;
    this.#own = own;
    this.#remove = remove;
    const stock = (node: NodeName): KubeletChange => ({
      kubelet: {},
      serving: cluster.pki.kubeletSelfSigned[node],
      servingStore: memoryStore(),
      address: nodeAddress[node],
    });
    this.#kubelets = { 'node-1': stock('node-1'), 'node-2': stock('node-2') };
  }

  async setApiserver(
    flags: readonly string[],
    insteadOf: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    this.signal.throwIfAborted();
    await this.cluster.restartApiserver([...this.#own, ...flags], insteadOf);
    // Those who were connected have to connect again: the administrator first.
    await this.#until('the apiserver to be ready', async () => {
      const answer = await this.#ask('GET', '/readyz');
      return answer.ok ? true : null;
    });
  }

  async setKubelet(node: NodeName, change: Partial<Omit<KubeletChange, 'servingStore'>>): Promise<void> {
    this.signal.throwIfAborted();
    const next = { ...this.#kubelets[node], ...change };
    this.#kubelets[node] = next;
    this.#restartedAt.set(node, performance.now());
    await this.cluster.restartKubelet(node, next);
    const { namespace, pod } = webOf[node];
    await this.cluster.whenRunning(node, namespace, pod);
  }

  sinceRestartMs(node: NodeName): number {
    return Math.round(performance.now() - (this.#restartedAt.get(node) ?? performance.now()));
  }

  issue(request: LeafRequest) {
    return this.cluster.pki.authority.issue(request);
  }

  async logs(node: NodeName): Promise<Asked> {
    this.signal.throwIfAborted();
    const container = webOf[node];
    const line = `drill-${randomBytes(6).toString('hex')}`;
    this.cluster.container(container).plant(line);
    const signal = AbortSignal.any([this.signal, timeLimit(WITHIN_MS)]);
    const outcome = await this.cluster.admin.logs({ ...container, tailLines: 1, signal });
    const command = `kubectl logs ${container.pod} --tail=1`;
    const works = outcome.ok && outcome.stdout.includes(line);
    const saw = outcome.ok ? outcome.stdout.toString('utf8').trim() : outcome.words;
    return { command, works, saw };
  }

  async logsComeBack(node: NodeName): Promise<Asked> {
    let last: Asked | null = null;
    const end = performance.now() + WITHIN_MS;
    while (last === null || (!last.works && performance.now() < end)) {
      if (last !== null) await pause(LOOK_AGAIN_MS, this.signal);
      last = await this.logs(node);
    }
    return last;
  }

  async requests(node: NodeName): Promise<readonly ServingRequest[]> {
    const answer = await this.#ask('GET', requestsPath);
    const { items = [] } = (answer.json() ?? {}) as { items?: readonly CertificateSigningRequest[] };
    return items
      .filter(({ spec }) => spec.signerName === SERVING_SIGNER && spec.username === `system:node:${node}`)
      .map((csr) => ({ csr, name: csr.metadata.name, state: stateOf(csr), sans: sansOf(csr) }));
  }

  pendingRequest(node: NodeName): Promise<ServingRequest> {
    return this.#until(`a kubelet-serving request of ${node}`, async () => {
      const all = await this.requests(node);
      return all.find(({ state }) => state === 'pending') ?? null;
    });
  }

  async addressesOf(node: NodeName): Promise<readonly string[]> {
    const answer = await this.#ask('GET', `/api/v1/nodes/${node}`);
    const { status } = (answer.json() ?? {}) as Partial<KubeNode>;
    return (status?.addresses ?? []).map(({ type, address }) => `${type} ${address}`);
  }

  async approve(node: NodeName, { csr, name }: ServingRequest): Promise<void> {
    const condition = {
      type: 'Approved',
      status: 'True',
      reason: 'KubectlApprove',
      message: 'This CSR was approved by kubectl certificate approve.',
    } as const;
    const path = `${requestsPath}/${name}/approval`;
    const answer = await this.#ask('PUT', path, withCondition(csr, condition));
    if (!answer.ok) throw new MidplaneError('LAB_START_FAILED', `cannot approve ${name}: ${answer.words}`);
    await this.#until(`${name} to be signed, and ${node} to serve with it`, async () => {
      const now = (await this.requests(node)).find((it) => it.name === name);
      if (now?.state !== 'issued') return null;
      const looked = await this.look(node);
      const served = looked.kind === 'shown' ? looked.chain[0] : undefined;
      const issued = pemBlocks(
        Buffer.from(now.csr.status?.certificate ?? '', 'base64').toString('latin1'),
      )[0];
      return served !== undefined && issued?.der.equals(served) === true ? true : null;
    });
  }

  look(node: NodeName): Promise<Looked> {
    const { address } = this.#kubelets[node];
    return lookAtKubelet(this.cluster.controlPlane, { address, port: ports.kubelet }, this.signal);
  }

  async observe(node: NodeName, words: string) {
    const [looked, requests] = await Promise.all([this.look(node), this.requests(node)]);
    const shown = looked.kind === 'shown' ? looked.leaf : null;
    const states = requests.map(({ state }) => state);
    return { observed: { words, node, shown, requests: states }, shown: looked.text };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster.close();
    await this.#remove();
  }

  #ask(method: string, path: string, body?: object): Promise<KubeResponse> {
    const signal = AbortSignal.any([this.signal, timeLimit(WITHIN_MS)]);
    return this.cluster.admin.request(method, path, { signal, ...(body === undefined ? {} : { body }) });
  }

  /** Nobody tells us: asked again and again. Throws MidplaneError TIME_LIMIT. */
  async #until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
    const end = performance.now() + WITHIN_MS;
    for (;;) {
      this.signal.throwIfAborted();
      const found = await look();
      if (found !== null) return found;
      if (performance.now() > end) {
        throw new MidplaneError('TIME_LIMIT', `waited ${WITHIN_MS / 1000} s in vain for ${what}`, {
          hint: 'run with --verbose for the logs of the components',
        });
      }
      await pause(LOOK_AGAIN_MS, this.signal);
    }
  }
}

function stateOf(csr: CertificateSigningRequest): RequestState {
  if (isPending(csr)) return 'pending';
  if (!isApproved(csr)) return 'denied';
  if (hasFailed(csr)) return 'failed';
  return csr.status?.certificate === undefined ? 'approved' : 'issued';
}

function sansOf({ spec }: CertificateSigningRequest): readonly string[] {
  const block = pemBlocks(Buffer.from(spec.request, 'base64').toString('latin1'))[0];
  const asked = block === undefined ? null : parseCertificateRequest(block.der);
  if (asked?.kind !== 'certificate-request') return [];
  return (asked.extensions.subjectAltName?.names ?? []).map((name) =>
    name.kind === 'ip' ? `IP:${ipText(name.octets)}` : `${name.kind.toUpperCase()}:${name.value}`,
  );
}
