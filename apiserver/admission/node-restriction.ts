import { readRequest } from '../../api/certificate-request';
import {
  type Failure,
  forbiddenObject,
  type GroupResource,
  notFound,
  resourceText,
} from '../../api/failures';
import { type Fields, fieldsOf, itemsOf, textOf, textsOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { sameJson } from '../../api/same-json';
import { nodeIdentity } from '../authorization/node-identity';
import { configMapNames, projected, secretNames } from '../authorization/pod-references';
import { isMirrorPod, mirrorAnnotation } from '../mirror-pod';
import type { Cluster, WriteOptions } from '../place';
import { kindOf } from '../registry';
import { isAdmissionOn } from './admission-plugins';

/**
 * Admission NodeRestriction: what a kubelet writes is about itself and its own pods. The Node authorizer allows the verb,
 * this looks at what is written; with RBAC alone in front of it, it holds as well.
 * Source: plugin/pkg/admission/noderestriction/admission.go (release 1.33, with what 1.33.4 mends).
 */
export interface NodeWrite {
  readonly operation: 'create' | 'update' | 'delete';
  readonly kind: GroupResource;
  readonly subresource: string;
  readonly namespace: string;
  /** As it was asked for: '' while it has to be made up, and of a collection. */
  readonly name: string;
  /** As it was sent; null for what is deleted. */
  readonly object: KubeObject | null;
  readonly current: KubeObject | null;
}

/** A write that brings an object. */
export type ObjectWrite = NodeWrite & { readonly object: KubeObject };

/** Null for everybody who is no node. */
export function restrictNode(cluster: Cluster, write: NodeWrite, options: WriteOptions): Failure | null {
  const { user } = options;
  if (user === undefined || !isAdmissionOn(cluster, 'NodeRestriction')) return null;
  const nodeName = nodeIdentity(user);
  if (nodeName === null) return null;
  const verdict =
    nodeName === ''
      ? `could not determine node from user ${quote(user.name)}`
      : judge({ ...write, cluster, nodeName, allows: options.allows });
  return typeof verdict === 'string' ? forbiddenObject(write.kind, shownName(write), verdict) : verdict;
}

interface Judged extends NodeWrite {
  readonly cluster: Cluster;
  readonly nodeName: string;
  readonly allows: WriteOptions['allows'];
}

/** A text says why it is forbidden. */
type Verdict = string | Failure | null;

function judge(write: Judged): Verdict {
  switch (resourceText(write.kind)) {
    case 'pods':
      return judgePods(write);
    case 'nodes':
      return judgeNode(write);
    case 'serviceaccounts':
      return write.operation === 'create' && write.subresource === 'token' ? judgeToken(write) : null;
    case 'leases.coordination.k8s.io':
      return judgeLease(write);
    case 'certificatesigningrequests.certificates.k8s.io':
      return write.operation === 'create' ? judgeRequest(write) : null;
  }
  return null;
}

function judgePods(write: Judged): Verdict {
  const { subresource, operation, nodeName } = write;
  switch (subresource) {
    case '':
      break;
    case 'status':
      return operation === 'update' ? judgePodStatus(write) : unexpected(operation);
    case 'eviction':
      return operation === 'create'
        ? judgeOwnPod(write, `node ${nodeName} can only evict pods with spec.nodeName set to itself`)
        : unexpected(operation);
    default:
      return `unexpected pod subresource ${quote(subresource)}, only 'status' and 'eviction' are allowed`;
  }
  switch (operation) {
    case 'create':
      return judgeMirrorPod(write);
    case 'delete':
      return judgeOwnPod(
        write,
        `node ${quote(nodeName)} can only delete pods with spec.nodeName set to itself`,
      );
    case 'update':
      return `${unexpected(operation)}, node ${quote(nodeName)} can only create and delete mirror pods`;
  }
  return operation satisfies never;
}

function judgeOwnPod({ cluster, namespace, name, nodeName }: Judged, why: string): Verdict {
  const pod = cluster.storage.get(kindOf('pods'), namespace, name);
  if (pod === null) return missing('pod', name);
  return nodeNameOf(pod) === nodeName ? null : why;
}

function judgePodStatus({ object, current, nodeName }: Judged): Verdict {
  if (object === null || current === null) return null;
  const node = `node ${quote(nodeName)}`;
  if (nodeNameOf(current) !== nodeName)
    return `${node} can only update pod status for pods with spec.nodeName set to itself`;
  if (!sameJson(object.metadata.labels ?? {}, current.metadata.labels ?? {}))
    return `${node} cannot update labels through pod status`;
  const claims = (pod: KubeObject): object =>
    itemsOf(fieldsOf(pod['status'])['resourceClaimStatuses']).map(({ name, resourceClaimName }) => [
      name,
      resourceClaimName ?? null,
    ]);
  // Upstream's spelling.
  return sameJson(claims(object), claims(current)) ? null : `${node} cannot update resource claim statues`;
}

function judgeMirrorPod({ cluster, object, nodeName }: Judged): Verdict {
  if (object === null) return null;
  const node = `node ${quote(nodeName)}`;
  if (!isMirrorPod(object))
    return `pod does not have ${quote(mirrorAnnotation)} annotation, ${node} can only create mirror pods`;
  if (nodeNameOf(object) !== nodeName) return `${node} can only create pods with spec.nodeName set to itself`;
  const verdict = judgeOwner(cluster, object, nodeName);
  if (verdict !== null) return verdict;
  const reference = referenceOf(object);
  return reference === null ? null : `${node} can not create pods that reference ${reference}`;
}

function judgeOwner(cluster: Cluster, pod: KubeObject, nodeName: string): Verdict {
  const node = `node ${quote(nodeName)}`;
  const [owner, ...others] = pod.metadata.ownerReferences ?? [];
  if (others.length > 0) return `${node} can only create pods with a single owner reference set to itself`;
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== nodeName)
    return `${node} can only create pods with an owner reference set to itself`;
  if (owner.controller !== true)
    return `${node} can only create pods with a controller owner reference set to itself`;
  if (owner.blockOwnerDeletion === true)
    return `${node} must not set blockOwnerDeletion on an owner reference`;
  const own = cluster.storage.get(kindOf('nodes'), '', nodeName);
  if (own === null) return missing('node', nodeName);
  return owner.uid === own.metadata.uid
    ? null
    : `node ${nodeName} UID mismatch: expected ${owner.uid} got ${own.metadata.uid}`;
}

/** The first kind of object that it names: a node must not open anything to itself by a pod. */
function referenceOf(pod: KubeObject): string | null {
  const spec = fieldsOf(pod['spec']);
  const volumes = itemsOf(spec['volumes']);
  if (textOf(spec['serviceAccountName']) !== '') return 'a service account';
  if (secretNames(pod).size > 0) return 'secrets';
  if (configMapNames(pod).size > 0) return 'configmaps';
  if (volumes.flatMap(projected).some((source) => source['clusterTrustBundle'] !== undefined))
    return 'clustertrustbundles';
  if (volumes.some((volume) => volume['persistentVolumeClaim'] !== undefined))
    return 'persistentvolumeclaims';
  return itemsOf(spec['resourceClaims']).length > 0 ? 'resourceclaims' : null;
}

/** Whatever part of it is written, and also when it is deleted. */
function judgeNode({ operation, name, object, current, nodeName }: Judged): Verdict {
  const node = `node ${quote(nodeName)}`;
  if (name !== nodeName) return `${node} is not allowed to modify node ${quote(name)}`;
  if (object === null) return null;
  const source = fieldsOf(object['spec'])['configSource'];
  const labels = forbiddenLabels(object, current).join(', ');
  if (operation === 'create' || current === null) {
    if (source !== undefined) return `${node} is not allowed to create pods with a non-nil configSource`;
    return labels === '' ? null : `${node} is not allowed to set the following labels: ${labels}`;
  }
  const before = fieldsOf(current['spec']);
  if (source !== undefined && !sameJson(source, before['configSource']))
    return `${node} is not allowed to update configSource to a new non-nil configSource`;
  // Whoever took its own taints off would draw pods to itself.
  if (!sameJson(itemsOf(fieldsOf(object['spec'])['taints']), itemsOf(before['taints'])))
    return `${node} is not allowed to modify taints`;
  // CVE-2025-5187: an owner that is not there has the Node deleted, and then it registers anew as it likes.
  if (!sameJson(object.metadata.ownerReferences ?? [], current.metadata.ownerReferences ?? []))
    return `${node} is not allowed to modify ownerReferences`;
  return labels === '' ? null : `is not allowed to modify labels: ${labels}`;
}

function forbiddenLabels(object: KubeObject, current: KubeObject | null): string[] {
  const [after, before] = [object.metadata.labels ?? {}, current?.metadata.labels ?? {}];
  const keys = new Set([...Object.keys(after), ...Object.keys(before)]);
  return [...keys].filter((key) => after[key] !== before[key] && !isNodesLabel(key)).sort();
}

/** k8s.io/kubelet pkg/apis/well_known_labels.go. */
const kubeletLabels = new Set([
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'beta.kubernetes.io/os',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'kubernetes.io/arch',
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
]);

/** Whether a node may set it: anything but Kubernetes' own labels, and of these the kubelet's. */
function isNodesLabel(key: string): boolean {
  const slash = key.indexOf('/');
  const prefix = slash === -1 ? '' : key.slice(0, slash);
  const within = (domain: string): boolean => prefix === domain || prefix.endsWith(`.${domain}`);
  if (within('node-restriction.kubernetes.io')) return false;
  if (!within('kubernetes.io') && !within('k8s.io')) return true;
  return kubeletLabels.has(key) || within('kubelet.kubernetes.io') || within('node.kubernetes.io');
}

/** A token that a node asks for is bound to a pod on it, and is for whom that pod wants one. */
function judgeToken({ cluster, namespace, name, object, nodeName, allows }: Judged): Verdict {
  const spec = fieldsOf(object?.['spec']);
  const bound = fieldsOf(spec['boundObjectRef']);
  const [podName, uid] = [textOf(bound['name']), textOf(bound['uid'])];
  if (bound['apiVersion'] !== 'v1' || bound['kind'] !== 'Pod' || podName === '')
    return 'node requested token not bound to a pod';
  if (uid === '') return 'node requested token with a pod binding without a uid';
  const pod = cluster.storage.get(kindOf('pods'), namespace, podName);
  if (pod === null) return missing('pod', podName);
  if (uid !== pod.metadata.uid)
    return `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
  if (nodeNameOf(pod) !== nodeName)
    return 'node requested token bound to a pod scheduled on a different node';
  const [audience = '', ...others] = textsOf(spec['audiences']);
  if (others.length > 0) return 'node may only request 0 or 1 audiences';
  if (audiencesOf(pod).includes(audience)) return null;
  // ServiceAccountNodeAudienceRestriction, beta and on in 1.33.
  const verb = 'request-serviceaccounts-token-audience';
  if (allows?.({ verb, group: '', resource: audience, name, namespace }) === true) return null;
  return `audience ${quote(audience)} not found in pod spec volume, system:node:${nodeName} is not authorized to request tokens for this audience`;
}

function audiencesOf(pod: KubeObject): string[] {
  return itemsOf(fieldsOf(pod['spec'])['volumes'])
    .flatMap(projected)
    .map(({ serviceAccountToken }) => serviceAccountToken)
    .filter((token): token is Fields => token !== undefined)
    .map(({ audience }) => textOf(audience));
}

function judgeLease({ namespace, name, nodeName }: Judged): Verdict {
  if (namespace !== 'kube-node-lease')
    return 'can only access leases in the "kube-node-lease" system namespace';
  return name === nodeName ? null : 'can only access node lease with the same name as the requesting node';
}

const nodeSigners = ['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet'];

function judgeRequest({ object, nodeName }: Judged): Verdict {
  const spec = fieldsOf(object?.['spec']);
  if (!nodeSigners.includes(textOf(spec['signerName']))) return null;
  const parsed = readRequest(textOf(spec['request']));
  if (parsed.kind === 'refused') return `unable to parse csr: ${parsed.text}`;
  return parsed.subject.commonName === `system:node:${nodeName}`
    ? null
    : `can only create a node CSR with CN=system:node:${nodeName}`;
}

/** Listers of client-go name the resource in the singular. */
function missing(resource: string, name: string): Failure {
  return notFound({ group: '', resource }, name);
}

/** extractResourceName (k8s.io/apiserver pkg/admission/errors.go). */
function shownName({ name, object }: NodeWrite): string {
  return name || object?.metadata.generateName || 'Unknown';
}

function nodeNameOf(pod: KubeObject): string {
  return textOf(fieldsOf(pod['spec'])['nodeName']);
}

function unexpected(operation: NodeWrite['operation']): string {
  return `unexpected operation ${quote(operation.toUpperCase())}`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
