import { splitPath } from './kubelet-request';

/**
 * What a request to an apiserver is about, read from its URL: /api/v1/… and /apis/GROUP/VERSION/…, with or without a
 * namespace. Source: k8s.io/apiserver pkg/endpoints/request/requestinfo.go.
 */
export interface ApiRequest {
  /** `v1`, `apps/v1`. */
  readonly apiVersion: string;
  readonly namespace: string | null;
  /** '' for the discovery document of a version. */
  readonly resource: string;
  readonly name: string | null;
  readonly subresource: string | null;
  readonly watch: boolean;
  readonly fieldSelector: string;
}

/** Null: not a request for an object of the API. */
export function readApiRequest(path: string): ApiRequest | null {
  const { pathname, query } = splitPath(path);
  const [root, ...rest] = pathname.split('/').filter((part) => part !== '');
  if (root !== 'api' && root !== 'apis') return null;
  const version = rest.splice(0, root === 'api' ? 1 : 2);
  if (version.length < (root === 'api' ? 1 : 2)) return null;
  const namespaced = rest[0] === 'namespaces' && rest.length > 2 && !OF_NAMESPACES.has(rest[2] ?? '');
  const [namespace = null] = namespaced ? rest.splice(0, 2).slice(1) : [];
  const [resource = '', name = null, subresource = null] = rest;
  return {
    apiVersion: version.join('/'),
    namespace,
    resource,
    name,
    subresource,
    watch: isWatch(query),
    fieldSelector: query.get('fieldSelector') ?? '',
  };
}

const OF_NAMESPACES: ReadonlySet<string> = new Set(['status', 'finalize']);

/** Also without a value. Source: k8s.io/apimachinery pkg/runtime/conversion.go (Convert_Slice_string_To_bool). */
function isWatch(query: URLSearchParams): boolean {
  const said = query.get('watch')?.toLowerCase();
  return said !== undefined && said !== 'false' && said !== '0';
}

export function isApiPath(path: string): boolean {
  return /^\/apis?(?:[/?]|$)/.test(path);
}

/** What the objects of a collection are called; null for those that the attacker has never heard of. */
export function kindOf(resource: string): string | null {
  return Object.hasOwn(KINDS, resource) ? (KINDS[resource] ?? null) : null;
}

const KINDS: Readonly<Record<string, string>> = {
  bindings: 'Binding',
  certificatesigningrequests: 'CertificateSigningRequest',
  clusterrolebindings: 'ClusterRoleBinding',
  clusterroles: 'ClusterRole',
  configmaps: 'ConfigMap',
  csinodes: 'CSINode',
  deployments: 'Deployment',
  endpoints: 'Endpoints',
  endpointslices: 'EndpointSlice',
  events: 'Event',
  leases: 'Lease',
  localsubjectaccessreviews: 'LocalSubjectAccessReview',
  namespaces: 'Namespace',
  nodes: 'Node',
  persistentvolumeclaims: 'PersistentVolumeClaim',
  persistentvolumes: 'PersistentVolume',
  pods: 'Pod',
  replicasets: 'ReplicaSet',
  rolebindings: 'RoleBinding',
  roles: 'Role',
  runtimeclasses: 'RuntimeClass',
  secrets: 'Secret',
  selfsubjectaccessreviews: 'SelfSubjectAccessReview',
  selfsubjectreviews: 'SelfSubjectReview',
  selfsubjectrulesreviews: 'SelfSubjectRulesReview',
  serviceaccounts: 'ServiceAccount',
  services: 'Service',
  subjectaccessreviews: 'SubjectAccessReview',
  tokenreviews: 'TokenReview',
};
