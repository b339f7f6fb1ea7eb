import { apiserverFlagTable } from '../apiserver/flag-table';
import { CONFIGURATION_FIELDS } from '../kubelet/configuration-fields';
import type { Component } from './given';

/**
 * What Kubernetes 1.33 knows beside what midplane check hands to the lab, and why it changes no verdict. A name that ends
 * with ! is a boolean.
 * Source: the options of k8s.io/apiserver pkg/server/options, pkg/kubeapiserver/options, cmd/kube-apiserver/app/options.
 */
const apiserverGroups: readonly (readonly [why: string, names: string])[] = [
  [
    'about where objects are kept; no path leads there',
    `etcd-cafile etcd-certfile etcd-keyfile etcd-servers etcd-servers-overrides etcd-prefix etcd-compaction-interval
    etcd-count-metric-poll-period etcd-db-metric-poll-interval etcd-healthcheck-timeout etcd-readycheck-timeout storage-backend
    storage-media-type storage-initialization-timeout watch-cache! watch-cache-sizes default-watch-cache-size
    delete-collection-workers enable-garbage-collector! encryption-provider-config encryption-provider-config-automatic-reload!
    lease-reuse-duration-seconds data-dir`,
  ],
  [
    "about the apiserver's own address and certificate; the lab's has its own",
    `bind-address secure-port advertise-address tls-cert-file tls-private-key-file tls-sni-cert-key cert-dir tls-cipher-suites
    tls-min-version permit-address-sharing! permit-port-sharing! external-hostname http2-max-streams-per-connection
    disable-http2-serving!`,
  ],
  [
    'about who callers are; the callers of the lab have its own credentials, and the attacker none of them',
    `client-ca-file token-auth-file oidc-ca-file oidc-client-id oidc-groups-claim oidc-groups-prefix oidc-issuer-url
    oidc-required-claim oidc-signing-algs oidc-username-claim oidc-username-prefix authentication-config
    authentication-token-webhook-cache-ttl authentication-token-webhook-config-file authentication-token-webhook-version
    service-account-api-audiences service-account-extend-token-expiration! service-account-issuer service-account-jwks-uri
    service-account-key-file service-account-lookup! service-account-max-token-expiration service-account-signing-endpoint
    service-account-signing-key-file requestheader-allowed-names requestheader-client-ca-file
    requestheader-extra-headers-prefix requestheader-group-headers requestheader-uid-headers requestheader-username-headers
    proxy-client-cert-file proxy-client-key-file api-audiences`,
  ],
  [
    'about what callers may do; the caller on every path is an administrator',
    `authorization-config authorization-policy-file authorization-webhook-cache-authorized-ttl
    authorization-webhook-cache-unauthorized-ttl authorization-webhook-config-file authorization-webhook-version
    admission-control-config-file`,
  ],
  [
    'about what is written down of requests',
    `audit-log-batch-buffer-size audit-log-batch-max-size audit-log-batch-max-wait audit-log-batch-throttle-burst
    audit-log-batch-throttle-enable! audit-log-batch-throttle-qps audit-log-compress! audit-log-format audit-log-maxage
    audit-log-maxbackup audit-log-maxsize audit-log-mode audit-log-path audit-log-truncate-enabled!
    audit-log-truncate-max-batch-size audit-log-truncate-max-event-size audit-log-version audit-policy-file
    audit-webhook-batch-buffer-size audit-webhook-batch-max-size audit-webhook-batch-max-wait
    audit-webhook-batch-throttle-burst audit-webhook-batch-throttle-enable! audit-webhook-batch-throttle-qps
    audit-webhook-config-file audit-webhook-initial-backoff audit-webhook-mode audit-webhook-truncate-enabled!
    audit-webhook-truncate-max-batch-size audit-webhook-truncate-max-event-size audit-webhook-version v vmodule
    logging-format log-flush-frequency log-json-info-buffer-size log-json-split-stream! log-text-info-buffer-size
    log-text-split-stream! tracing-config-file profiling! contention-profiling! debug-socket-path
    show-hidden-metrics-for-version disabled-metrics allow-metric-labels allow-metric-labels-manifest event-ttl`,
  ],
  [
    'about addresses of services and of other apiservers; whom the apiserver believes does not depend on them',
    `service-cluster-ip-range service-node-port-range kubernetes-service-node-port endpoint-reconciler-type apiserver-count
    peer-advertise-ip peer-advertise-port peer-ca-file enable-aggregator-routing! aggregator-reject-forwarding-redirect!
    kubelet-port`,
  ],
  ['upstream reads it and uses it nowhere', 'kubelet-timeout kubelet-read-only-port'],
  [
    'about load, time limits and which APIs there are',
    `max-requests-inflight max-mutating-requests-inflight request-timeout min-request-timeout goaway-chance
    livez-grace-period shutdown-delay-duration shutdown-send-retry-after! shutdown-watch-termination-grace-period
    enable-priority-and-fairness! max-connection-bytes-per-sec runtime-config runtime-config-emulation-forward-compatible!
    emulated-version emulation-forward-compatible! strict-transport-security-directives cors-allowed-origins
    allow-privileged! default-not-ready-toleration-seconds default-unreachable-toleration-seconds
    enable-logs-handler! cloud-provider-gce-l7lb-src-cidrs coordinated-leadership-lease-duration
    coordinated-leadership-renew-deadline coordinated-leadership-retry-period endpoint-reconciler-interval
    feature-gates`,
  ],
];

/** Has influence on who gets in, and the lab of midplane check does not play it. */
const notPlayed: Readonly<Record<string, string>> = {
  'egress-selector-config-file':
    'it leads through the agents of k3s, and the lab dials directly; midplane matrix --defence konnectivity-kubelet-ca shows what a tunnel changes',
};

/** Source: cmd/kubelet/app/options/options.go and what it takes from component-base, 1.33.4. */
const kubeletGroups: readonly (readonly [why: string, names: string])[] = [
  [
    'about who the kubelet is to the apiserver; its clients are not asked for it',
    `bootstrap-kubeconfig cert-dir cloud-config cloud-provider hostname-override kubeconfig node-ip node-labels
    provider-id register-node! register-schedulable! register-with-taints root-dir rotate-certificates!`,
  ],
  ['names further configuration; give that file too', 'config config-dir'],
  [
    'about where the kubelet serves, and how long it keeps answers in mind; whom it lets in does not depend on it',
    `address authentication-token-webhook-cache-ttl authorization-webhook-cache-authorized-ttl
    authorization-webhook-cache-unauthorized-ttl enable-debugging-handlers! enable-server! healthz-bind-address
    healthz-port port tls-cipher-suites`,
  ],
  [
    'about what runs on the node; whom the kubelet lets in does not depend on it',
    `allow-metric-labels allow-metric-labels-manifest allowed-unsafe-sysctls cgroup-driver cgroup-root cgroups-per-qos!
    cluster-dns cluster-domain container-log-max-files container-log-max-size container-runtime-endpoint
    contention-profiling! cpu-cfs-quota! cpu-cfs-quota-period cpu-manager-policy cpu-manager-policy-options
    cpu-manager-reconcile-period enable-controller-attach-detach! enforce-node-allocatable event-burst event-qps
    eviction-hard eviction-max-pod-grace-period eviction-minimum-reclaim eviction-pressure-transition-period
    eviction-soft eviction-soft-grace-period exit-on-lock-contention! experimental-allocatable-ignore-eviction!
    experimental-mounter-path fail-cgroupv1! fail-swap-on! file-check-frequency hairpin-mode http-check-frequency
    image-credential-provider-bin-dir image-credential-provider-config image-gc-high-threshold image-gc-low-threshold
    image-service-endpoint kernel-memcg-notification! kube-api-burst kube-api-content-type kube-api-qps kube-reserved
    kube-reserved-cgroup kubelet-cgroups local-storage-capacity-isolation! lock-file log-flush-frequency
    log-json-info-buffer-size log-json-split-stream! log-text-info-buffer-size log-text-split-stream! logging-format
    make-iptables-util-chains! manifest-url manifest-url-header max-open-files max-pods maximum-dead-containers
    maximum-dead-containers-per-container memory-manager-policy minimum-container-ttl-duration
    minimum-image-ttl-duration node-status-max-images node-status-update-frequency oom-score-adj pod-cidr
    pod-infra-container-image pod-manifest-path pod-max-pids pods-per-core protect-kernel-defaults! qos-reserved
    registry-burst registry-qps reserved-cpus reserved-memory resolv-conf runonce! runtime-cgroups
    runtime-request-timeout seccomp-default! serialize-image-pulls! show-hidden-metrics-for-version
    streaming-connection-idle-timeout sync-frequency system-cgroups system-reserved system-reserved-cgroup
    topology-manager-policy topology-manager-policy-options topology-manager-scope v vmodule volume-plugin-dir
    volume-stats-agg-period windows-priorityclass windows-service!`,
  ],
];

/** Where the kubelet serves, and what it keeps in mind of answers. */
const kubeletFieldsOfNoInfluence =
  'address port healthzPort healthzBindAddress tlsCipherSuites rotateCertificates authentication.webhook.cacheTTL authorization.webhook.cacheAuthorizedTTL authorization.webhook.cacheUnauthorizedTTL';

const namesIn = (names: string): string[] => names.trim().split(/\s+/);
const known = (groups: readonly (readonly [string, string])[]): ReadonlyMap<string, string> =>
  new Map(groups.flatMap(([why, names]) => namesIn(names).map((name) => [name.replace('!', ''), why])));
const booleans = (groups: readonly (readonly [string, string])[]): string[] =>
  groups
    .flatMap(([, names]) => namesIn(names).filter((name) => name.endsWith('!')))
    .map((name) => name.slice(0, -1));

const apiserverKnown = known(apiserverGroups);
const kubeletKnown = known(kubeletGroups);
const apiserverBooleans = new Set([
  ...booleans(apiserverGroups),
  ...apiserverFlagTable.filter(({ type }) => type === 'bool').map(({ name }) => name),
]);

const kubeletBooleans = new Set([
  'anonymous-auth',
  'authentication-token-webhook',
  'rotate-server-certificates',
  ...booleans(kubeletGroups),
]);

export function isBooleanFlag(component: Component, name: string): boolean {
  return (component === 'kubelet' ? kubeletBooleans : apiserverBooleans).has(name);
}

/** Why a known flag changes no verdict; null for one that nobody knows. */
export function whyNoInfluence(component: Component, name: string): string | null {
  return (component === 'kubelet' ? kubeletKnown : apiserverKnown).get(name) ?? null;
}

const nodeOnly = 'about what runs on the node; whom the kubelet lets in does not depend on it';

export function whyNotPlayed(component: Component, name: string): string | null {
  if (component === 'kubelet' || !Object.hasOwn(notPlayed, name)) return null;
  return notPlayed[name] ?? null;
}

/** The same for a field of KubeletConfiguration. */
export function whyFieldHasNoInfluence(name: string): string | null {
  if (namesIn(kubeletFieldsOfNoInfluence).includes(name))
    return 'about where and how long; whom the kubelet lets in does not depend on it';
  const [top = ''] = name.split('.');
  if (!Object.hasOwn(CONFIGURATION_FIELDS, top)) return null;
  return top === 'authentication' || top === 'authorization' ? null : nodeOnly;
}

/** For guesses at what was meant. */
export function knownNames(component: Component): string[] {
  if (component === 'kube-apiserver')
    return [...apiserverKnown.keys(), ...apiserverFlagTable.map(({ name }) => name)];
  return [...kubeletKnown.keys(), ...kubeletBooleans];
}

/** Fields on the level of this one. */
export function fieldsBeside(name: string): string[] {
  const [top = '', below] = name.split('.');
  const kinds = CONFIGURATION_FIELDS[top];
  if (below === undefined || typeof kinds !== 'object') return Object.keys(CONFIGURATION_FIELDS);
  return Object.keys(kinds).map((field) => `${top}.${field}`);
}
