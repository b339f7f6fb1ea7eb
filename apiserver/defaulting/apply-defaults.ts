import { type Fields, fieldsAt, fieldsOf, isFields, itemsOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import type { ResourceKind } from '../registry';
import { canonicalizeAmounts } from './containers';
import { defaultPod } from './pod';
import { defaultService } from './service';
import { defaultDeployment, defaultReplicaSet } from './workloads';

/**
 * Fills in what upstream fills in when it decodes an object, before admission and validation see it. Clients rely on
 * it: kubectl reads `spec.securityContext` of a pod without looking whether it is there. Fields that Go always writes
 * (no `omitempty`) are written too. Takes a private copy and completes it in place; never throws, whatever the shape.
 * Source: pkg/apis/<group>/v1/defaults.go.
 */
export function applyDefaults(kind: ResourceKind, object: KubeObject): void {
  switch (kind.kind) {
    case 'ClusterRole':
    case 'Role':
      object['rules'] ??= null;
      return;
    case 'ClusterRoleBinding':
    case 'RoleBinding':
      defaultBinding(object);
      return;
    case 'Deployment':
      defaultDeployment(object);
      return;
    case 'Endpoints':
      for (const subset of itemsOf(object['subsets']))
        for (const port of itemsOf(subset['ports'])) port['protocol'] ||= 'TCP';
      return;
    case 'EndpointSlice':
      defaultEndpointSlice(object);
      return;
    case 'Event':
      defaultEvent(object);
      return;
    case 'Lease':
      object['spec'] ??= {};
      return;
    case 'Namespace':
      defaultNamespace(object);
      return;
    case 'Node':
      defaultNode(object);
      return;
    case 'Pod':
      defaultPod(object);
      return;
    case 'ReplicaSet':
      defaultReplicaSet(object);
      return;
    case 'Secret':
      defaultSecret(object);
      return;
    case 'Service':
      defaultService(object);
      return;
  }
}

const rbacGroup = 'rbac.authorization.k8s.io';

/** pkg/apis/rbac/v1/defaults.go. */
function defaultBinding(object: Fields): void {
  fieldsAt(object, 'roleRef')['apiGroup'] ||= rbacGroup;
  for (const subject of itemsOf(object['subjects'])) {
    if (subject['kind'] === 'User' || subject['kind'] === 'Group') subject['apiGroup'] ||= rbacGroup;
  }
}

/** pkg/apis/discovery/v1/defaults.go. */
function defaultEndpointSlice(slice: Fields): void {
  slice['endpoints'] ??= null;
  slice['ports'] ??= null;
  for (const port of itemsOf(slice['ports'])) {
    port['name'] ??= '';
    port['protocol'] ??= 'TCP';
  }
}

/** Nothing is defaulted; these are the fields of core/v1 Event without `omitempty`. */
function defaultEvent(event: Fields): void {
  event['involvedObject'] ??= {};
  event['source'] ??= {};
  for (const time of ['firstTimestamp', 'lastTimestamp', 'eventTime']) event[time] ??= null;
  for (const text of ['reportingComponent', 'reportingInstance']) event[text] ??= '';
}

/** The label by which a network policy selects a namespace (SetDefaults_Namespace). */
function defaultNamespace(object: KubeObject): void {
  const { metadata } = object;
  if (metadata.name !== '')
    metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name };
  object['spec'] ??= {};
}

function defaultNode(node: Fields): void {
  node['spec'] ??= {};
  const status = fieldsAt(node, 'status');
  const { capacity } = status;
  if (isFields(capacity)) {
    canonicalizeAmounts(capacity);
    status['allocatable'] ??= { ...capacity };
  }
  canonicalizeAmounts(fieldsOf(status['allocatable']));
}

/** `stringData` is written into `data` and never read back (Convert_v1_Secret_To_core_Secret). */
function defaultSecret(object: Fields): void {
  object['type'] ||= 'Opaque';
  const plain = object['stringData'];
  delete object['stringData'];
  if (!isFields(plain) || Object.keys(plain).length === 0) return;
  const encoded = Object.entries(plain).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  object['data'] = { ...fieldsOf(object['data']), ...Object.fromEntries(encoded) };
}
