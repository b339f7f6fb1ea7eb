import { type ClientFlags, clientFlags, readClientFlags } from '../client/client-flags';
import { MidplaneError } from '../error';
import { nearestNames } from '../nearest';
import { type ComponentFlag, parseComponentFlags, renderComponentHelp, usage } from '../pflag';
import { controllers } from './controller-manager';
import { type ServingApproval, servingApprovals } from './kubelet-serving-approver';
import { type NodeFlags, nodeFlags, readNodeFlags } from './node-flags';
import { readSigningFlags, type SigningFlags, signingFlags } from './signing-flags';

/** The controller-manager's command line. Source: cmd/kube-controller-manager/app/options. */
export interface ControllerManagerFlags extends ClientFlags, SigningFlags, NodeFlags {
  /** Names as they are today, `-` before those that are not to run, `*` for all. */
  readonly controllers: readonly string[];
  readonly rootCaFile: string;
  readonly serviceAccountPrivateKeyFile: string;
  readonly approveKubeletServing: ServingApproval;
}

const PROGRAM = 'kube-controller-manager';
const known: readonly string[] = Object.keys(controllers).sort();

/** What controllers were called before 1.28. Source: cmd/kube-controller-manager/names, KCMControllerAliases. */
const aliases: Readonly<Record<string, string>> = {
  bootstrapsigner: 'bootstrap-signer-controller',
  csrapproving: 'certificatesigningrequest-approving-controller',
  csrcleaner: 'certificatesigningrequest-cleaner-controller',
  csrsigning: 'certificatesigningrequest-signing-controller',
  'clusterrole-aggregation': 'clusterrole-aggregation-controller',
  deployment: 'deployment-controller',
  endpoint: 'endpoints-controller',
  endpointslice: 'endpointslice-controller',
  garbagecollector: 'garbage-collector-controller',
  namespace: 'namespace-controller',
  nodelifecycle: 'node-lifecycle-controller',
  podgc: 'pod-garbage-collector-controller',
  replicaset: 'replicaset-controller',
  'root-ca-cert-publisher': 'root-ca-certificate-publisher-controller',
  serviceaccount: 'serviceaccount-controller',
  'serviceaccount-token': 'serviceaccount-token-controller',
  tokencleaner: 'token-cleaner-controller',
};

const table: readonly ComponentFlag[] = [
  ...clientFlags(PROGRAM, 10257),
  ...nodeFlags,
  ...signingFlags,
  {
    name: 'controllers',
    type: 'strings' as const,
    default: '*',
    help: `controllers to run: * is all but the signer of cluster-info and the token cleaner, NAME one, -NAME all but that one. There are ${known.join(', ')}`,
    source: 'k8s.io/controller-manager options/generic.go',
  },
  {
    name: 'root-ca-file',
    type: 'string' as const,
    default: '',
    help: 'PEM bundle that every namespace gets as ConfigMap kube-root-ca.crt; empty: the one of the kubeconfig',
    source: 'cmd/kube-controller-manager/app/options/sacontroller.go',
  },
  {
    name: 'service-account-private-key-file',
    type: 'string' as const,
    default: '',
    help: 'PEM private key, RSA or EC, that signs the tokens in Secrets of type kubernetes.io/service-account-token; empty: they stay empty',
    source: 'cmd/kube-controller-manager/app/options/sacontroller.go',
  },
  {
    name: 'midplane-approve-kubelet-serving',
    type: 'string' as const,
    default: 'none',
    help: `who approves the serving certificates of kubelets: none is nobody, as in upstream; node-addresses approves names and addresses that the Node has, and denies others; shape looks at neither and is DANGEROUS: any node then poses as any other. Needs the right to approve for signer kubernetes.io/kubelet-serving`,
    source: 'none: a flag of this lab',
  },
].sort((a, b) => (a.name < b.name ? -1 : 1));

/** Throws MidplaneError USAGE. */
export function parseControllerManagerFlags(argv: readonly string[]): ControllerManagerFlags {
  const values = parseComponentFlags(PROGRAM, table, argv);
  return {
    controllers: readControllers(values.get('controllers') ?? ''),
    rootCaFile: values.get('root-ca-file') ?? '',
    serviceAccountPrivateKeyFile: values.get('service-account-private-key-file') ?? '',
    approveKubeletServing: readApproval(values.get('midplane-approve-kubelet-serving') ?? ''),
    ...readNodeFlags(values),
    ...readSigningFlags(values),
    ...readClientFlags(PROGRAM, values),
  };
}

export function renderControllerManagerHelp(): string {
  return renderComponentHelp(PROGRAM, table);
}

function readApproval(text: string): ServingApproval {
  const known = servingApprovals.find((word) => word === text);
  if (known !== undefined) return known;
  throw usage(
    `invalid argument ${JSON.stringify(text)} for "--midplane-approve-kubelet-serving" flag`,
    `it is one of ${servingApprovals.join(', ')}`,
  );
}

/** Source of the text: k8s.io/controller-manager options/generic.go (Validate). */
function readControllers(text: string): string[] {
  return text
    .split(',')
    .filter((word) => word !== '')
    .map((word) => {
      if (word === '*') return word;
      const minus = word.startsWith('-') ? '-' : '';
      const name = word.slice(minus.length);
      const today = Object.hasOwn(aliases, name) ? (aliases[name] ?? name) : name;
      if (known.includes(today)) return minus + today;
      const [guess] = nearestNames(name, [...Object.keys(aliases), ...known]);
      const near = guess === undefined ? undefined : (aliases[guess] ?? guess);
      throw new MidplaneError('USAGE', `${JSON.stringify(name)} is not in the list of known controllers`, {
        hint:
          near === undefined ? `there are ${known.join(', ')}` : `did you mean ${near}? See --help for all`,
      });
    });
}
