import type { FieldError } from '../../api/failures';
import type { KubeObject } from '../../api/objects';
import type { ObjectPart } from '../place';
import type { ResourceKind } from '../registry';
import {
  validateCertificateSigningRequest,
  validateCertificateSigningRequestUpdate,
} from './certificate-signing-request';
import { validateEvent, validateLease, validateNode, validateNodeUpdate } from './cluster-objects';
import {
  validateConfigMap,
  validateConfigMapUpdate,
  validateSecret,
  validateSecretUpdate,
} from './configuration';
import { validateMetadata } from './metadata';
import { validateEndpointSlice, validateEndpointSliceUpdate, validateEndpoints } from './network-objects';
import { validateEphemeralContainersUpdate, validatePod, validatePodUpdate } from './pod';
import { validateBinding, validateBindingUpdate, validateRole } from './rbac';
import { validateService, validateServiceUpdate } from './service';
import { validateDeployment, validateReplicaSet, validateWorkloadUpdate } from './workloads';

/**
 * The rules a lab user can break by hand, in upstream's order and words: metadata first, then what the kind says.
 * Objects have their defaults; whatever the shape, nothing here throws.
 */
export function validate(kind: ResourceKind, object: KubeObject): FieldError[] {
  return [...validateMetadata(kind, object), ...(rules[kind.kind]?.(object) ?? [])];
}

const rules: Readonly<Record<string, (object: KubeObject) => FieldError[]>> = {
  CertificateSigningRequest: validateCertificateSigningRequest,
  ClusterRole: validateRole,
  ClusterRoleBinding: validateBinding,
  ConfigMap: validateConfigMap,
  Deployment: validateDeployment,
  Endpoints: validateEndpoints,
  EndpointSlice: validateEndpointSlice,
  Event: validateEvent,
  Lease: validateLease,
  Node: validateNode,
  Pod: validatePod,
  ReplicaSet: validateReplicaSet,
  Role: validateRole,
  RoleBinding: validateBinding,
  Secret: validateSecret,
  Service: validateService,
};

/** What a change may not do. A pod that exists is judged by what changes alone. */
export function validateUpdate(
  kind: ResourceKind,
  part: ObjectPart,
  object: KubeObject,
  current: KubeObject,
): FieldError[] {
  const metadata = validateMetadata(kind, object);
  switch (part) {
    case 'status':
    case 'approval':
      return kind.kind === 'CertificateSigningRequest'
        ? [...metadata, ...requestErrors(part, object, current)]
        : metadata;
    case 'finalize':
      return metadata;
    case 'ephemeralcontainers':
      return [...metadata, ...validateEphemeralContainersUpdate(object, current)];
    case '': {
      if (kind.kind === 'CertificateSigningRequest')
        return [...metadata, ...requestErrors(part, object, current)];
      const own = kind.kind === 'Pod' ? [] : (rules[kind.kind]?.(object) ?? []);
      return [...metadata, ...own, ...(changes[kind.kind]?.(object, current) ?? [])];
    }
  }
  return part satisfies never;
}

function requestErrors(part: ObjectPart, object: KubeObject, current: KubeObject): FieldError[] {
  return [
    ...validateCertificateSigningRequest(object),
    ...validateCertificateSigningRequestUpdate(part, object, current),
  ];
}

const changes: Readonly<Record<string, (object: KubeObject, current: KubeObject) => FieldError[]>> = {
  ClusterRoleBinding: validateBindingUpdate,
  ConfigMap: validateConfigMapUpdate,
  Deployment: validateWorkloadUpdate,
  EndpointSlice: validateEndpointSliceUpdate,
  Node: validateNodeUpdate,
  Pod: validatePodUpdate,
  ReplicaSet: validateWorkloadUpdate,
  RoleBinding: validateBindingUpdate,
  Secret: validateSecretUpdate,
  Service: validateServiceUpdate,
};
