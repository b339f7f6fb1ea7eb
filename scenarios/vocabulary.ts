/**
 * The words of midplane: every path, defence, technique and verdict by its public id. Ids are stable: they are added
 * and never renamed. `since` is the release that first runs a word; null means that the word is reserved and this
 * release does not run it yet.
 */

export type Since = '0.1.0' | null;

interface PathWord {
  readonly id: string;
  /** One line: what the path is used for. */
  readonly title: string;
  readonly from: string;
  readonly to: string;
  /**
   * Which of kube-apiserver's two transports carries it. `kubelet` verifies when --kubelet-certificate-authority is
   * set, `kubelet-unverified` is its twin for one insecure log request, `proxy` never verifies, `client` is the other
   * direction: somebody dials the apiserver or a kubelet with a configuration of its own.
   */
  readonly transport: 'kubelet' | 'kubelet-unverified' | 'proxy' | 'client';
  readonly since: Since;
}

export const paths = [
  {
    id: 'logs',
    title: 'read container logs',
    from: 'apiserver',
    to: 'kubelet :10250',
    transport: 'kubelet',
    since: '0.1.0',
  },
  {
    id: 'logs-skip-verify',
    title: 'read container logs with insecureSkipTLSVerifyBackend=true',
    from: 'apiserver',
    to: 'kubelet :10250',
    transport: 'kubelet-unverified',
    since: '0.1.0',
  },
  {
    id: 'exec',
    title: 'run a command in a container',
    from: 'apiserver',
    to: 'kubelet :10250',
    transport: 'kubelet',
    since: '0.1.0',
  },
  {
    id: 'attach',
    title: 'attach to the running process of a container',
    from: 'apiserver',
    to: 'kubelet :10250',
    transport: 'kubelet',
    since: '0.1.0',
  },
  {
    id: 'port-forward',
    title: 'forward connections to a port of a pod',
    from: 'apiserver',
    to: 'kubelet :10250',
    transport: 'kubelet',
    since: '0.1.0',
  },
  {
    id: 'node-proxy',
    title: 'proxy to the kubelet port of a node, nodes/N/proxy',
    from: 'apiserver',
    to: 'kubelet :10250',
    transport: 'kubelet',
    since: '0.1.0',
  },
  {
    id: 'node-proxy-http',
    title: 'proxy to another port of a node, nodes/N:PORT/proxy',
    from: 'apiserver',
    to: 'node, another port',
    transport: 'proxy',
    since: '0.1.0',
  },
  {
    id: 'node-proxy-https',
    title: 'proxy over TLS to another port of a node, nodes/https:N:PORT/proxy',
    from: 'apiserver',
    to: 'node, another port',
    transport: 'proxy',
    since: '0.1.0',
  },
  {
    id: 'pod-proxy-http',
    title: 'proxy to a pod, pods/P:PORT/proxy',
    from: 'apiserver',
    to: 'pod',
    transport: 'proxy',
    since: '0.1.0',
  },
  {
    id: 'pod-proxy-https',
    title: 'proxy over TLS to a pod, pods/https:P:PORT/proxy',
    from: 'apiserver',
    to: 'pod',
    transport: 'proxy',
    since: '0.1.0',
  },
  {
    id: 'service-proxy-http',
    title: 'proxy to a pod behind a service, services/S:PORT/proxy',
    from: 'apiserver',
    to: 'pod',
    transport: 'proxy',
    since: '0.1.0',
  },
  {
    id: 'service-proxy-https',
    title: 'proxy over TLS to a pod behind a service, services/https:S:PORT/proxy',
    from: 'apiserver',
    to: 'pod',
    transport: 'proxy',
    since: '0.1.0',
  },
  {
    id: 'kubelet-api',
    title: 'watch pods, report status, fetch secrets',
    from: 'kubelet',
    to: 'apiserver :6443',
    transport: 'client',
    since: null,
  },
  {
    id: 'kubelet-bootstrap',
    title: 'join the cluster with a bootstrap token',
    from: 'kubelet',
    to: 'apiserver :6443',
    transport: 'client',
    since: null,
  },
  {
    id: 'kube-proxy-api',
    title: 'watch services and endpoint slices',
    from: 'kube-proxy',
    to: 'apiserver :6443',
    transport: 'client',
    since: null,
  },
  {
    id: 'pod-api',
    title: 'call the API with the service account of a pod',
    from: 'pod',
    to: 'apiserver :6443',
    transport: 'client',
    since: null,
  },
  {
    id: 'controller-manager-api',
    title: 'run the control loops',
    from: 'controller-manager',
    to: 'apiserver :6443',
    transport: 'client',
    since: null,
  },
  {
    id: 'scheduler-api',
    title: 'watch pods and bind them to nodes',
    from: 'scheduler',
    to: 'apiserver :6443',
    transport: 'client',
    since: null,
  },
  {
    id: 'kubectl-api',
    title: 'call the API as a user',
    from: 'kubectl',
    to: 'apiserver :6443',
    transport: 'client',
    since: null,
  },
  {
    id: 'metrics-scrape',
    title: 'scrape metrics with a bearer token',
    from: 'scraper',
    to: 'kubelet :10250',
    transport: 'client',
    since: null,
  },
] as const satisfies readonly PathWord[];

interface DefenceWord {
  readonly id: string;
  readonly title: string;
  /** The flags and settings that differ from a stock cluster, in their upstream spelling. */
  readonly settings: readonly string[];
  /** `default`: part of every matrix; `asked`: runs when it is asked for; `later`: not in this release. */
  readonly set: 'default' | 'asked' | 'later';
  readonly since: Since;
}

export const defences = [
  { id: 'none', title: 'stock flags', settings: [], set: 'default', since: '0.1.0' },
  {
    id: 'kubelet-ca',
    title: 'the apiserver verifies kubelets',
    settings: ['--kubelet-certificate-authority', 'serverTLSBootstrap: true'],
    set: 'default',
    since: '0.1.0',
  },
  {
    id: 'kubelet-ca-self-signed',
    title: 'the flag is set while kubelets still sign their own certificates',
    settings: ['--kubelet-certificate-authority'],
    set: 'later',
    since: null,
  },
  {
    id: 'kubelet-ca-cn',
    title: 'kubelets are verified and the node name is compared (KEP-4872, in no release yet)',
    settings: ['--kubelet-certificate-authority', 'KubeletCertCNValidation'],
    set: 'later',
    since: null,
  },
  {
    id: 'ssh-tunnel',
    title: 'SSH tunnels to the nodes, host keys unchecked (removed in 1.22)',
    settings: ['--ssh-user', '--ssh-keyfile'],
    set: 'later',
    since: null,
  },
  {
    id: 'ssh-tunnel-known-hosts',
    title: 'SSH tunnels to the nodes with pinned host keys (never existed upstream)',
    settings: ['--ssh-user', '--ssh-keyfile'],
    set: 'later',
    since: null,
  },
  {
    id: 'konnectivity',
    title: 'traffic to nodes and pods goes through Konnectivity agents',
    settings: ['--egress-selector-config-file'],
    set: 'later',
    since: null,
  },
  {
    id: 'konnectivity-kubelet-ca',
    title: 'Konnectivity, and the apiserver verifies kubelets',
    settings: ['--egress-selector-config-file', '--kubelet-certificate-authority'],
    set: 'later',
    since: null,
  },
  {
    id: 'kubelet-open',
    title: 'kubelets run by flags alone: anonymous, AlwaysAllow, port 10255',
    settings: [
      '--anonymous-auth=true',
      '--authentication-token-webhook=false',
      '--authorization-mode=AlwaysAllow',
      '--read-only-port=10255',
    ],
    set: 'asked',
    since: '0.1.0',
  },
  {
    id: 'client-insecure',
    title: 'kubeconfigs that skip verification of the apiserver',
    settings: ['insecure-skip-tls-verify: true'],
    set: 'later',
    since: null,
  },
  {
    id: 'client-ca',
    title: 'kubeconfigs that verify the apiserver',
    settings: ['certificate-authority-data'],
    set: 'later',
    since: null,
  },
] as const satisfies readonly DefenceWord[];

interface TechniqueWord {
  readonly id: string;
  readonly title: string;
  /** What the attacker must have before it begins. */
  readonly needs: string;
  /** `default`: part of every matrix; `all`: runs when every technique is asked for; `later`: not in this release. */
  readonly set: 'default' | 'all' | 'later';
  readonly since: Since;
}

export const techniques = [
  {
    id: 'tap',
    title: 'copy what passes, touch nothing',
    needs: 'network position',
    set: 'default',
    since: '0.1.0',
  },
  {
    id: 'self-signed',
    title: 'answer with a certificate signed by itself',
    needs: 'network position',
    set: 'default',
    since: '0.1.0',
  },
  {
    id: 'rogue-ca',
    title: "answer with a certificate from an authority that repeats the cluster CA's name",
    needs: 'network position',
    set: 'default',
    since: '0.1.0',
  },
  {
    id: 'relay',
    title: 'terminate TLS and pass requests on to the genuine endpoint',
    needs: 'network position',
    set: 'default',
    since: '0.1.0',
  },
  {
    id: 'wrong-host',
    title: 'answer with a certificate for another address',
    needs: 'a certificate from the cluster CA for another address',
    set: 'all',
    since: '0.1.0',
  },
  {
    id: 'expired',
    title: 'answer with a certificate for this address whose time is over',
    needs: 'a certificate from the cluster CA for this address, expired',
    set: 'all',
    since: '0.1.0',
  },
  {
    id: 'not-yet-valid',
    title: 'answer with a certificate for this address whose time has not come',
    needs: 'a certificate from the cluster CA for this address, not valid yet',
    set: 'all',
    since: '0.1.0',
  },
  {
    id: 'cn-only',
    title: 'answer with a certificate that has this address in its common name only',
    needs: 'a certificate from the cluster CA with this address as common name and no SAN',
    set: 'all',
    since: '0.1.0',
  },
  {
    id: 'client-cert',
    title: 'answer with a certificate that is good for clients only',
    needs: 'a certificate from the cluster CA for client authentication',
    set: 'all',
    since: '0.1.0',
  },
  {
    id: 'neighbour',
    title: "answer with another node's valid certificate that carries this address",
    needs: 'a valid serving certificate of another node whose SANs carry this address',
    set: 'all',
    since: '0.1.0',
  },
  {
    id: 'stolen',
    title: "answer with this node's own certificate and key",
    needs: "this node's serving key",
    set: 'all',
    since: '0.1.0',
  },
  {
    id: 'steer',
    title: 'lead untouched bytes to another genuine endpoint',
    needs: 'network position',
    set: 'later',
    since: null,
  },
  {
    id: 'redirect',
    title: 'answer 302 or 307 and send the client elsewhere',
    needs: 'network position',
    set: 'later',
    since: null,
  },
  {
    id: 'replay',
    title: 'use captured credentials against the genuine server',
    needs: 'a bearer token captured before',
    set: 'later',
    since: null,
  },
] as const satisfies readonly TechniqueWord[];

interface VerdictWord {
  readonly id: string;
  readonly title: string;
  /** Rises with the damage; null for the two words that say nothing about damage. */
  readonly severity: number | null;
  readonly since: Since;
}

export const verdicts = [
  { id: 'sealed', title: 'only ciphertext passed the attacker', severity: 0, since: '0.1.0' },
  {
    id: 'refused',
    title: 'the client hung up before it sent a request or its certificate',
    severity: 1,
    since: '0.1.0',
  },
  {
    id: 'denied',
    title: 'the genuine endpoint refused the attacker, nothing that was planted gained',
    severity: 2,
    since: '0.1.0',
  },
  {
    id: 'impersonated',
    title: 'the attacker was taken for the endpoint: it reads and forges',
    severity: 3,
    since: '0.1.0',
  },
  {
    id: 'relayed',
    title: 'impersonated, and the genuine endpoint answered through it',
    severity: 4,
    since: '0.1.0',
  },
  { id: 'plaintext', title: 'read on the wire, without any TLS', severity: 5, since: '0.1.0' },
  {
    id: 'hijacked',
    title: 'a captured credential worked against the genuine server',
    severity: 6,
    since: null,
  },
  { id: 'broken', title: 'the path fails without any attacker', severity: null, since: '0.1.0' },
  {
    id: 'not-applicable',
    title: 'the technique has nothing to work on here',
    severity: null,
    since: '0.1.0',
  },
] as const satisfies readonly VerdictWord[];

export type PathId = (typeof paths)[number]['id'];
export type DefenceId = (typeof defences)[number]['id'];
export type TechniqueId = (typeof techniques)[number]['id'];
export type VerdictId = (typeof verdicts)[number]['id'];
export type WordKind = 'path' | 'defence' | 'technique' | 'verdict';

export const pathIds: readonly PathId[] = paths.map((word) => word.id);
export const defenceIds: readonly DefenceId[] = defences.map((word) => word.id);
export const techniqueIds: readonly TechniqueId[] = techniques.map((word) => word.id);
export const verdictIds: readonly VerdictId[] = verdicts.map((word) => word.id);

/** What this release runs, in the order of the matrix. */
export const pathsRun: readonly PathId[] = paths.filter((word) => word.since !== null).map((word) => word.id);
export const defencesRun: readonly DefenceId[] = defences
  .filter((word) => word.since !== null)
  .map((word) => word.id);
/** What the matrix compares unless asked for more. */
export const defaultDefences: readonly DefenceId[] = defences
  .filter((word) => word.set === 'default')
  .map((word) => word.id);
/** Presets that take away what a stock cluster has. */
export const looserThanStock: readonly DefenceId[] = ['kubelet-open', 'client-insecure'];
export const techniquesRun: readonly TechniqueId[] = techniques
  .filter((word) => word.since !== null)
  .map((word) => word.id);
/** The techniques that need nothing but a place on the network: what the matrix shows unless asked for more. */
export const defaultTechniques: readonly TechniqueId[] = techniques
  .filter((word) => word.set === 'default')
  .map((word) => word.id);

/** What kind of word an id is, or null when it is none of ours. Ids are unique over all four kinds. */
export function kindOf(id: string): WordKind | null {
  if (paths.some((word) => word.id === id)) return 'path';
  if (defences.some((word) => word.id === id)) return 'defence';
  if (techniques.some((word) => word.id === id)) return 'technique';
  if (verdicts.some((word) => word.id === id)) return 'verdict';
  return null;
}

/** Impersonated or worse: the attacker gained something that TLS should have kept from it. */
export function isOpen(verdict: VerdictId): boolean {
  return severityOf(verdict) >= 3;
}

/**
 * The verdict that stands for several. Damage that was proved outweighs everything; without damage a broken run
 * outweighs a protected one, because protection was not proved; `not-applicable` counts only when nothing else is there.
 */
export function worstVerdict(among: readonly VerdictId[]): VerdictId {
  let worst: VerdictId = 'not-applicable';
  for (const verdict of among) if (severityOf(verdict) > severityOf(worst)) worst = verdict;
  return !isOpen(worst) && among.includes('broken') ? 'broken' : worst;
}

function severityOf(verdict: VerdictId): number {
  return verdicts.find((word) => word.id === verdict)?.severity ?? -1;
}
