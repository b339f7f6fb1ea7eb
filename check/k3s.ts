import { nearestNames } from '../nearest';
import { readFlags } from './command-line';
import type { Component, GivenFlag, GivenPart } from './given';
import { find, itemsOf, type Located } from './located';

/**
 * /etc/rancher/k3s/config.yaml: the flags of k3s as keys; those of the components are lists of name=value.
 * Source: k3s pkg/cli/cmds/server.go and agent.go; pkg/configfilearg (a key may end with +, which appends).
 */
const lists: readonly (readonly [key: string, component: Component])[] = [
  ['kube-apiserver-arg', 'kube-apiserver'],
  ['kubelet-arg', 'kubelet'],
];

const otherKeys =
  'advertise-address agent-token agent-token-file bind-address cluster-cidr cluster-dns cluster-domain cluster-init cluster-reset config container-runtime-endpoint data-dir datastore-cafile datastore-certfile datastore-endpoint datastore-keyfile debug default-runtime default-local-storage-path disable disable-agent disable-apiserver disable-cloud-controller disable-controller-manager disable-etcd disable-helm-controller disable-kube-proxy disable-network-policy disable-scheduler docker egress-selector-mode embedded-registry enable-pprof etcd-arg etcd-expose-metrics etcd-snapshot-dir etcd-snapshot-retention etcd-snapshot-schedule-cron flannel-backend flannel-iface flannel-ipv6-masq https-listen-port kube-cloud-controller-manager-arg kube-controller-manager-arg kube-proxy-arg kube-scheduler-arg lb-server-port log node-external-ip node-ip node-label node-name node-taint pause-image prefer-bundled-bin private-registry protect-kernel-defaults resolv-conf rootless secrets-encryption selinux server service-cidr service-node-port-range servicelb-namespace snapshotter supervisor-metrics system-default-registry tls-san tls-san-security token token-file v vmodule vpn-auth with-node-id write-kubeconfig write-kubeconfig-group write-kubeconfig-mode'.split(
    ' ',
  );

/** /etc/rancher/rke2/config.yaml has those as well: RKE2 starts the same components, with the same flags. Source: docs.rke2.io, server_config. */
const rke2Keys =
  'audit-policy-file cloud-provider-config cloud-provider-name cni control-plane-probe-configuration control-plane-resource-limits control-plane-resource-requests enable-servicelb ingress-controller kubelet-path pod-security-admission-config-file profile runtime-image'.split(
    ' ',
  );
const rke2Part =
  /^(kube-apiserver|kube-controller-manager|kube-scheduler|kube-proxy|etcd|cloud-controller-manager)-(image|extra-mount|extra-env)$/;

export function isK3sConfig(document: Located): boolean {
  if (document.kind !== 'map') return false;
  const keys = document.entries.map(({ key }) => key.replace(/\+$/, ''));
  return keys.some((key) => isKnown(key) || lists.some(([name]) => name === key));
}

function isKnown(key: string): boolean {
  return otherKeys.includes(key) || rke2Keys.includes(key) || rke2Part.test(key);
}

/** k3s starts both, whether the file speaks of them or not. */
export function readK3sConfig(document: Located): GivenPart[] {
  const started = lists.map(([key, component]): GivenPart => {
    const given = [find(document, key), find(document, `${key}+`)];
    const flags = given.flatMap((list) => readArgs(component, list));
    return {
      kind: component === 'kubelet' ? 'kubelet' : 'apiserver',
      flags,
      installer: 'k3s',
      at: given.find((list) => list !== null)?.at ?? document.at,
    };
  });
  return [...started, ...otherSettings(document)];
}

function otherSettings(document: Located): GivenPart[] {
  if (document.kind !== 'map') return [];
  return document.entries.flatMap(({ key, at }): GivenPart[] => {
    const name = key.replace(/\+$/, '');
    if (lists.some(([list]) => list === name)) return [];
    const setting = { kind: 'other', component: 'k3s', name, at } as const;
    if (name === 'egress-selector-mode')
      return [
        { ...setting, class: 'not-played', why: 'it is about the agents of k3s, and the lab dials directly' },
      ];
    if (isKnown(name))
      return [
        { ...setting, class: 'no-influence', why: 'not about whom kube-apiserver and kubelet believe' },
      ];
    const known = [...otherKeys, ...rke2Keys, ...lists.map(([list]) => list)];
    const [near] = nearestNames(name, known);
    const guess = near === undefined ? '' : `; did you mean ${near}?`;
    return [
      { ...setting, class: 'unknown', why: `k3s and RKE2 have no such option that midplane knows${guess}` },
    ];
  });
}

function readArgs(component: Component, given: Located | null): GivenFlag[] {
  const items = given?.kind === 'scalar' ? [given] : itemsOf(given);
  return items.flatMap((item) =>
    item.kind === 'scalar' && item.text !== ''
      ? readFlags(component, [{ text: `--${item.text.replace(/^-+/, '')}`, at: item.at }])
      : [],
  );
}

/** Source: k3s pkg/daemons/control/server.go (apiServer). */
export const k3sApiserver: Readonly<Record<string, string>> = {
  'anonymous-auth': 'false',
  'authorization-mode': 'Node,RBAC',
  'egress-selector-config-file': 'etc/egress-selector-config.yaml',
  'enable-admission-plugins': 'NodeRestriction',
  'enable-bootstrap-token-auth': 'true',
  'kubelet-certificate-authority': 'tls/server-ca.crt',
  'kubelet-client-certificate': 'tls/client-kube-apiserver.crt',
  'kubelet-client-key': 'tls/client-kube-apiserver.key',
  'kubelet-preferred-address-types': 'InternalIP,ExternalIP,Hostname',
};

/** Source: k3s pkg/daemons/agent/agent.go (defaultKubeletConfig) and agent_linux.go (kubeletArgsAndConfig). */
export const k3sKubelet: Readonly<Record<string, unknown>> = {
  'authentication.anonymous.enabled': false,
  'authentication.webhook.enabled': true,
  'authentication.x509.clientCAFile': 'client-ca.crt',
  'authorization.mode': 'Webhook',
  readOnlyPort: 0,
  tlsCertFile: 'serving-kubelet.crt',
  tlsPrivateKeyFile: 'serving-kubelet.key',
};
