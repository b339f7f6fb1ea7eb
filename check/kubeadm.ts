import { type GivenFlag, type GivenPart, unread } from './given';
import { find, itemsOf, type Located, textOf } from './located';

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
  return given === null
    ? [unread(`kind ${kind} without kubeletExtraArgs`, at)]
    : [{ kind: 'kubelet', flags: readExtraArgs(given), installer: 'kubeadm', at: given.at }];
}

function otherFields(document: Located): GivenPart[] {
  if (document.kind !== 'map') return [];
  return document.entries
    .filter(({ key }) => !['apiVersion', 'kind', 'apiServer'].includes(key))
    .map(({ key, at }) => ({
      kind: 'other',
      component: 'kubeadm',
      name: key,
      class: 'no-influence',
      why: 'not about kube-apiserver or kubelet',
      at,
    }));
}

function readExtraArgs(given: Located | null): GivenFlag[] {
  if (given?.kind === 'map')
    return given.entries.map(({ key, at, value }) => ({ name: key, value: textOf(value), at }));
  return itemsOf(given).map((item) => ({
    name: textOf(find(item, 'name')),
    value: textOf(find(item, 'value')),
    at: item.at,
  }));
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
