import { MidplaneError } from '../error';
import { type ComponentFlag, parseComponentFlags, renderComponentHelp, usage } from '../pflag';
import {
  checkMode,
  type KubeProxyConfiguration,
  masqueradeBitOf,
  parseKubeProxyConfiguration,
  readBindAddress,
  readCidrs,
  readNodePortAddresses,
} from './configuration';
import { defaultSettings } from './settings';

/** kube-proxy's command line. Source: cmd/kube-proxy/app/options.go. */
export interface KubeProxyFlags extends KubeProxyConfiguration {
  /** --cleanup: take the rules out, and end. */
  readonly cleanup: boolean;
}

const PROGRAM = 'kube-proxy';
const source = 'cmd/kube-proxy/app/options.go';

const table: readonly ComponentFlag[] = [
  {
    name: 'cleanup',
    type: 'bool',
    default: 'false',
    help: 'take the rules of this proxy out of the kernel and end',
    source,
  },
  {
    name: 'cluster-cidr',
    type: 'string',
    default: '',
    help: 'where the pods are; what comes from elsewhere to a cluster IP is masqueraded',
    source,
  },
  {
    name: 'config',
    type: 'string',
    default: '',
    help: 'KubeProxyConfiguration of kubeproxy.config.k8s.io/v1alpha1; then only --hostname-override and --cleanup count besides it',
    source,
  },
  {
    name: 'healthz-bind-address',
    type: 'string',
    default: '0.0.0.0:10256',
    help: 'IP:port of /healthz and /livez; port 0: none',
    source,
  },
  { name: 'hostname-override', type: 'string', default: '', help: 'name of the node', source },
  {
    name: 'iptables-masquerade-bit',
    type: 'int',
    default: '14',
    help: 'bit of the packet mark that means masquerading; of the nftables mode too',
    source,
  },
  {
    name: 'kubeconfig',
    type: 'string',
    default: '',
    help: 'kubeconfig of the apiserver; needed',
    source,
  },
  {
    name: 'masquerade-all',
    type: 'bool',
    default: 'false',
    help: 'masquerade everything that goes to cluster IPs',
    source,
  },
  {
    name: 'metrics-bind-address',
    type: 'string',
    default: '127.0.0.1:10249',
    help: 'IP:port of /metrics, /proxyMode and /configz; port 0: none',
    source,
  },
  {
    name: 'nodeport-addresses',
    type: 'strings',
    default: '',
    help: 'prefixes of the own addresses at which node ports are taken, or primary, as without it',
    source,
  },
  {
    name: 'proxy-mode',
    type: 'string',
    default: 'nftables',
    help: "nftables is all there is here; upstream's own default on Linux is iptables",
    source,
  },
  {
    name: 'v',
    type: 'int',
    default: '0',
    help: 'number for the log level verbosity; accepted and ignored',
    source: 'k8s.io/klog',
  },
];

/** Defaults that differ from kube-proxy's own, by flag. */
export type OtherDefaults = ReadonlyMap<string, string>;

/** `readFile` reads --config. Throws MidplaneError USAGE, CONFIG_INVALID, and what readFile throws. */
export async function parseKubeProxyFlags(
  argv: readonly string[],
  readFile: (path: string) => Promise<string>,
  defaults: OtherDefaults = new Map(),
): Promise<KubeProxyFlags> {
  const rows = table.map((row) => ({ ...row, default: defaults.get(row.name) ?? row.default }));
  const values = parseComponentFlags(PROGRAM, rows, argv);
  const text = (name: string): string => values.get(name) ?? '';
  const file = text('config');
  const cleanup = text('cleanup') === 'true';
  const configuration =
    file === '' ? fromFlags(text) : parseKubeProxyConfiguration(await readFile(file), file);
  if (configuration.kubeconfig === '' && !cleanup) {
    // Upstream then takes the service account of the pod that it runs in; here it never runs in one.
    throw usage(
      `${PROGRAM} needs --kubeconfig, or clientConnection.kubeconfig in its --config`,
      'name a kubeconfig of the user system:kube-proxy',
    );
  }
  return {
    ...configuration,
    hostnameOverride: text('hostname-override') || configuration.hostnameOverride,
    cleanup,
  };
}

export function renderKubeProxyHelp(defaults: OtherDefaults = new Map()): string {
  return renderComponentHelp(PROGRAM, table, defaults);
}

function fromFlags(text: (name: string) => string): KubeProxyConfiguration {
  try {
    checkMode(text('proxy-mode'));
    return {
      kubeconfig: text('kubeconfig'),
      hostnameOverride: text('hostname-override'),
      settings: {
        ...defaultSettings,
        clusterCidrs: readCidrs(text('cluster-cidr'), 'clusterCIDR'),
        healthz: readBindAddress(text('healthz-bind-address'), 'healthzBindAddress', defaultSettings.healthz),
        metrics: readBindAddress(text('metrics-bind-address'), 'metricsBindAddress', defaultSettings.metrics),
        nodePortAddresses: readNodePortAddresses(text('nodeport-addresses').split(',').filter(Boolean)),
        masqueradeAll: text('masquerade-all') === 'true',
        masqueradeBit: masqueradeBitOf(Number(text('iptables-masquerade-bit'))),
      },
    };
  } catch (error) {
    if (!(error instanceof MidplaneError)) throw error;
    throw usage(error.message, error.hint);
  }
}
