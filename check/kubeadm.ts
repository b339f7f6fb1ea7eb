import { MidplaneError } from '../error';
import { type FilePlace, placeText } from '../report/outcome';
import type { GivenFlag, GivenPart } from './given';
import { find, itemsOf, type Located, plain, textOf } from './located';

/**
 * kubeadm's own files. `extraArgs` is a map in v1beta3 and a list of name and value in v1beta4.
 * Source: cmd/kubeadm/app/apis/kubeadm/v1beta4/types.go.
 */
export function readKubeadm(
  document: Located,
  kind: 'ClusterConfiguration' | 'InitConfiguration' | 'JoinConfiguration',
): GivenPart[] {
  const { at } = document;
  if (kind === 'ClusterConfiguration') {
    const given = find(document, 'apiServer', 'extraArgs');
    const apiserver: GivenPart = {
      kind: 'apiserver',
      flags: readExtraArgs(given),
      installer: 'kubeadm',
      at: (given ?? find(document, 'apiServer'))?.at ?? at,
    };
    return [apiserver, ...otherFields(document)];
  }
  const given = find(document, 'nodeRegistration', 'kubeletExtraArgs');
  if (given === null) return otherFields(document);
  const flags = readExtraArgs(given);
  return [{ kind: 'kubelet', flags, installer: 'kubeadm', of: kind, at: given.at }, ...otherFields(document)];
}

const opened = ['apiServer', 'nodeRegistration'];
const heeded = ['apiVersion', 'kind', 'extraArgs', 'kubeletExtraArgs'];

function otherFields(value: Located, prefix = ''): GivenPart[] {
  if (value.kind !== 'map') return [];
  return value.entries.flatMap(({ key, at, value: inner }) => {
    if (heeded.includes(key)) return [];
    if (opened.includes(key) && inner.kind === 'map') return otherFields(inner, `${key}.`);
    return [
      key === 'discovery' && skipsVerification(inner) ? unverifiedJoin(inner) : field(prefix + key, at),
    ];
  });
}

function field(name: string, at: FilePlace): GivenPart {
  const why = 'not about whom kube-apiserver and kubelet believe';
  return { kind: 'other', component: 'kubeadm', name, class: 'no-influence', why, at };
}

const skip = ['bootstrapToken', 'unsafeSkipCAVerification'];

function skipsVerification(discovery: Located): boolean {
  const given = find(discovery, ...skip);
  return given !== null && plain(given) === true;
}

function unverifiedJoin(discovery: Located): GivenPart {
  return {
    kind: 'other',
    component: 'kubeadm',
    name: ['discovery', ...skip].join('.'),
    class: 'not-played',
    why: 'a node that joins believes whoever answers; midplane run join-without-ca-hash shows what that is worth',
    at: find(discovery, ...skip)?.at ?? discovery.at,
  };
}

function readExtraArgs(given: Located | null): GivenFlag[] {
  if (given?.kind === 'map')
    return given.entries.map(({ key, at, value }) => ({ name: key, value: textOf(value), at }));
  return itemsOf(given).map((item) => {
    const name = textOf(find(item, 'name'));
    if (name !== '') return { name, value: textOf(find(item, 'value')), at: item.at };
    throw new MidplaneError('CONFIG_INVALID', `${placeText(item.at)}: an extra argument has no name`, {
      hint: 'write - name: FLAG and below it value: VALUE',
    });
  });
}

/**
 * What kubeadm 1.33 says to kube-apiserver beside the extra arguments, as far as it has influence.
 * Source: cmd/kubeadm/app/phases/controlplane/manifests.go (getAPIServerCommand).
 */
export const kubeadmApiserver: Readonly<Record<string, string>> = {
  'authorization-mode': 'Node,RBAC',
  'enable-admission-plugins': 'NodeRestriction',
  'enable-bootstrap-token-auth': 'true',
  'kubelet-client-certificate': '/etc/kubernetes/pki/apiserver-kubelet-client.crt',
  'kubelet-client-key': '/etc/kubernetes/pki/apiserver-kubelet-client.key',
  'kubelet-preferred-address-types': 'InternalIP,ExternalIP,Hostname',
};

/** Its KubeletConfiguration. Source: cmd/kubeadm/app/componentconfigs/kubelet.go. */
export const kubeadmKubelet: Readonly<Record<string, unknown>> = {
  'authentication.anonymous.enabled': false,
  'authentication.webhook.enabled': true,
  'authentication.x509.clientCAFile': '/etc/kubernetes/pki/ca.crt',
  'authorization.mode': 'Webhook',
};
