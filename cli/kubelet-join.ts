import { rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { systemClock } from '../client/clock';
import { type ClientConfig, kubeconfigEntries } from '../client/kubeconfig';
import { MidplaneError } from '../error';
import { CertificateFiles } from '../kubelet/certificate-files';
import { clientOf } from '../kubelet/client-credential';
import { type DiscoveredCluster, discoverCluster } from '../kubelet/discover-cluster';
import { failureText } from '../kubelet/failure-text';
import { parseKubeletConfiguration } from '../kubelet/kubelet-configuration';
import { applyKubeletFlags } from '../kubelet/kubelet-flags';
import { writeWhole } from '../kubelet/node-identity';
import { nodeNameOf } from '../kubelet/node-name';
import { pinFault } from '../kubelet/public-key-pin';
import { hostNetwork } from '../network/host-network';
import { type ComponentFlag, parseComponentFlags, renderComponentHelp, usage } from '../pflag';
import { type BootstrapToken, parseBootstrapToken } from '../wire/detached-jws';
import { componentLog } from './component-log';
import { type RunningKubelet, startNode } from './kubelet-program';
import { LOOPBACK } from './loopback';
import type { Terminal } from './terminal';

/** What stands between `join` and the flags of the kubelet. Source: cmd/kubeadm/app/cmd/options/token.go, join.go. */
const FLAGS: readonly ComponentFlag[] = [
  {
    name: 'dir',
    type: 'string',
    default: '',
    help: "folder of the node's kubeconfig, configuration and certificates; by default nodes/NAME where midplane keeps its labs",
    source: 'midplane only',
  },
  {
    name: 'discovery-token-ca-cert-hash',
    type: 'strings',
    default: '',
    help: 'for token-based discovery, validate that the root CA public key matches this hash (format: "<type>:<value>")',
    source: 'cmd/kubeadm/app/cmd/join.go',
  },
  {
    name: 'discovery-token-unsafe-skip-ca-verification',
    type: 'bool',
    default: 'false',
    help: 'for token-based discovery, allow joining without --discovery-token-ca-cert-hash pinning',
    source: 'cmd/kubeadm/app/cmd/join.go',
  },
  {
    name: 'node-name',
    type: 'string',
    default: '',
    help: "name of the node instead of this machine's own",
    source: 'cmd/kubeadm/app/cmd/join.go',
  },
  {
    name: 'token',
    type: 'string',
    default: '',
    help: 'the bootstrap token, for discovery and for the request of a certificate',
    source: 'cmd/kubeadm/app/cmd/join.go',
  },
];

export function renderJoinHelp(): string {
  return `Usage: midplane kubelet join HOST:PORT --token=TOKEN [flags] [flags of the kubelet]\n\n${renderComponentHelp('kubeadm join', FLAGS)}`;
}

interface JoinPlan {
  readonly server: { readonly host: string; readonly port: number };
  readonly token: BootstrapToken;
  readonly caCertHashes: readonly string[];
  readonly nodeName: string;
  readonly folder: string;
  readonly kubeletFlags: readonly string[];
}

const DONE = `
This node has joined the cluster:
* Certificate signing request was sent to apiserver and a response was received.
* The Kubelet was informed of the new secure connection details.

Run 'kubectl get nodes' on the control-plane to see this node join the cluster.

`;

/**
 * `midplane kubelet join`: what kubeadm join does, and then the kubelet itself, which stays. Throws MidplaneError.
 * Source: cmd/kubeadm/app/cmd/phases/join/kubelet.go (runKubeletStartJoinPhase).
 */
export async function joinCluster(argv: readonly string[], terminal: Terminal): Promise<RunningKubelet> {
  const plan = planOf(argv, terminal);
  const log = componentLog(terminal).child({ component: 'kubelet' });
  const files = filesIn(plan.folder);
  const configuration = kubeletConfiguration(files.caCert);
  const settings = applyKubeletFlags(
    [
      ...plan.kubeletFlags,
      `--kubeconfig=${files.kubeconfig}`,
      `--bootstrap-kubeconfig=${files.bootstrapKubeconfig}`,
      `--cert-dir=${files.certDir}`,
      `--hostname-override=${plan.nodeName}`,
    ],
    parseKubeletConfiguration(configuration, files.configuration, LOOPBACK),
    LOOPBACK,
  );
  terminal.write('[preflight] Running pre-flight checks\n');
  // One that was stopped before it had a certificate has left a kubeconfig that is good for nothing.
  if ((await isThere(files.kubeconfig)) && (await isThere(files.clientCertificate))) {
    const flags = plan.kubeletFlags.map((it) => ` ${it}`).join('');
    throw new MidplaneError(
      'USAGE',
      `[preflight] Some fatal errors occurred: ${files.kubeconfig} already exists`,
      {
        hint: `midplane kubelet --config=${files.configuration} --kubeconfig=${files.kubeconfig} --hostname-override=${plan.nodeName}${flags} starts that node again`,
      },
    );
  }
  const cluster = await discover(plan, log, terminal.signal);
  await refuseExistingNode(plan.nodeName, cluster.config, terminal.signal);
  await writeWhole(files.bootstrapKubeconfig, bootstrapKubeconfig(cluster));
  try {
    await writeWhole(files.caCert, cluster.caPem, 0o644);
    terminal.write(`[kubelet-start] Writing kubelet configuration to file "${files.configuration}"\n`);
    await writeWhole(files.configuration, configuration, 0o644);
    terminal.write('[kubelet-start] Starting the kubelet\n');
    terminal.write('[kubelet-start] Waiting for the kubelet to perform the TLS Bootstrap\n');
    const node = await startNode(settings, log, terminal.signal);
    terminal.write(DONE);
    return node;
  } finally {
    // The token is nobody's business any more.
    await rm(files.bootstrapKubeconfig, { force: true });
  }
}

function planOf(argv: readonly string[], terminal: Terminal): JoinPlan {
  const { own, kubeletFlags, positional } = sorted(argv);
  const flags = parseComponentFlags('kubeadm join', FLAGS, own);
  const value = (name: string): string => flags.get(name) ?? '';
  const [endpoint = '', ...more] = positional;
  if (more.length > 0)
    throw usage(`too many arguments, only 1 argument is supported: [${positional.join(' ')}]`);
  const caCertHashes = value('discovery-token-ca-cert-hash').split(',').filter(Boolean);
  const skips = value('discovery-token-unsafe-skip-ca-verification') === 'true';
  const token = parseBootstrapToken(value('token'));
  const colon = endpoint.lastIndexOf(':');
  const host = endpoint.slice(0, colon).replace(/^\[|\]$/g, '');
  const port = Number(endpoint.slice(colon + 1));
  const faults = discoveryFaults({
    endpoint,
    hasPort: colon > 0,
    token,
    given: value('token'),
    caCertHashes,
    skips,
  });
  if (faults.length > 0 || token === null) {
    const text = faults.length > 1 ? `[${faults.join(', ')}]` : (faults[0] ?? '');
    throw usage(text, 'midplane token create prints a command that is complete');
  }
  if (!(port > 0 && port < 65536)) throw usage(`"${endpoint}" has no port that can be dialled`);
  const fault = caCertHashes.map(pinFault).find((it) => it !== null);
  if (fault !== undefined) throw usage(`invalid discovery token CA certificate hash: ${fault}`);
  const nodeName = nodeNameOf(value('node-name'), hostNetwork().name);
  const { labHome = '.' } = terminal;
  return {
    server: { host, port },
    token,
    caCertHashes,
    nodeName,
    folder: resolve(value('dir') || join(labHome, 'nodes', nodeName)),
    kubeletFlags,
  };
}

/** Source: cmd/kubeadm/app/apis/kubeadm/validation/validation.go (ValidateDiscovery). */
function discoveryFaults(given: {
  readonly endpoint: string;
  readonly hasPort: boolean;
  readonly token: BootstrapToken | null;
  readonly given: string;
  readonly caCertHashes: readonly string[];
  readonly skips: boolean;
}): string[] {
  const path = 'discovery.bootstrapToken';
  const faults: string[] = [];
  if (given.endpoint === '') faults.push(`${path}: Required value: APIServerEndpoint is not set`);
  if (given.caCertHashes.length === 0 && !given.skips) {
    faults.push(
      `${path}.caCertHashes: Invalid value: "": using token-based discovery without caCertHashes can be unsafe. Set unsafeSkipCAVerification as true in your kubeadm config file or pass --discovery-token-unsafe-skip-ca-verification flag to continue`,
    );
  }
  const invalid = `Invalid value: ${JSON.stringify(given.given)}: the bootstrap token is invalid`;
  if (given.token === null) faults.push(`${path}.token: ${invalid}`);
  if (!given.hasPort) {
    const why =
      given.endpoint === ''
        ? 'missing port in address'
        : `address ${given.endpoint}: missing port in address`;
    faults.push(`${path}.apiServerEndpoint: Invalid value: ${JSON.stringify(given.endpoint)}: ${why}`);
  }
  if (given.token === null) faults.push(`discovery.tlsBootstrapToken: ${invalid}`);
  return faults;
}

/** Which words are for kubeadm, and which for the kubelet. */
function sorted(argv: readonly string[]): {
  readonly own: string[];
  readonly kubeletFlags: string[];
  readonly positional: string[];
} {
  const sortedWords = { own: [] as string[], kubeletFlags: [] as string[], positional: [] as string[] };
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, name = ''] = /^--?([^=]+)/.exec(word) ?? [];
    const row = FLAGS.find((it) => it.name === name);
    if (!word.startsWith('-')) sortedWords.positional.push(word);
    else if (row === undefined) sortedWords.kubeletFlags.push(word);
    else {
      sortedWords.own.push(word);
      const value = word.includes('=') || row.type === 'bool' ? undefined : rest.shift();
      if (value !== undefined) sortedWords.own.push(value);
    }
  }
  return sortedWords;
}

function filesIn(folder: string) {
  const certDir = join(folder, 'pki');
  return {
    kubeconfig: join(folder, 'kubelet.conf'),
    bootstrapKubeconfig: join(folder, 'bootstrap-kubelet.conf'),
    configuration: join(folder, 'config.yaml'),
    certDir,
    caCert: join(certDir, 'ca.crt'),
    clientCertificate: new CertificateFiles(certDir, 'kubelet-client').currentPath,
  };
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

async function discover(plan: JoinPlan, log: Logger, signal: AbortSignal): Promise<DiscoveredCluster> {
  const { server, token, caCertHashes } = plan;
  const found = await discoverCluster({
    from: hostNetwork(),
    server,
    token,
    caCertHashes,
    clock: systemClock,
    log,
    signal,
  });
  signal.throwIfAborted();
  if (found.kind === 'discovered') return found;
  throw new MidplaneError(
    'CERTIFICATE_UNUSABLE',
    `couldn't validate the identity of the API Server: ${found.text}`,
    {
      hint: 'is the token of this cluster, and still good? midplane token create makes another, and says the hash',
    },
  );
}

/** A second node of one name would take the first one's place. */
async function refuseExistingNode(
  nodeName: string,
  config: ClientConfig,
  signal: AbortSignal,
): Promise<void> {
  await using client = clientOf(hostNetwork(), config);
  const path = `/api/v1/nodes/${nodeName}`;
  const answer = await client.request('GET', path, { signal });
  signal.throwIfAborted();
  if (answer.status === 404) return;
  if (!answer.ok) {
    const why = failureText(answer, client.server, 'Get', path);
    throw new MidplaneError('CERTIFICATE_UNUSABLE', `cannot get Node "${nodeName}": ${why}`, {
      hint: 'kubeadm grants "get nodes" to the group of its tokens, system:bootstrappers:kubeadm:default-node-token',
    });
  }
  const { status } = answer.json() as { status?: { conditions?: { type: string; status: string }[] } };
  if (!status?.conditions?.some((it) => it.type === 'Ready' && it.status === 'True')) return;
  throw new MidplaneError(
    'USAGE',
    `a Node with name "${nodeName}" and status "Ready" already exists in the cluster. You must delete the existing Node or change the name of this new joining Node`,
    { hint: '--node-name gives it another' },
  );
}

function bootstrapKubeconfig({ config }: DiscoveredCluster): string {
  const [clusterName, userName] = ['kubernetes', 'tls-bootstrap-token-user'];
  const { cluster, user } = kubeconfigEntries(config);
  const context = `${userName}@${clusterName}`;
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': context,
    clusters: [{ name: clusterName, cluster }],
    contexts: [{ name: context, context: { cluster: clusterName, user: userName } }],
    users: [{ name: userName, user }],
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** kubeadm's choices, as far as they concern who may come in. */
function kubeletConfiguration(clientCAFile: string): string {
  return JSON.stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile } },
    authorization: { mode: 'Webhook' },
    rotateCertificates: true,
  });
}
