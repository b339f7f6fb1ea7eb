import type { FieldError } from '../../api/failures';
import type { KubeObject, Pod, RoleBindingObject, Service } from '../../api/objects';
import { longestSubdomain, subdomain, subdomainText } from '../../api/subdomain';
import type { ObjectPart } from '../place';
import type { ResourceKind } from '../registry';
import {
  validateCertificateSigningRequest,
  validateCertificateSigningRequestUpdate,
} from './certificate-signing-request';

/**
 * The rules a lab user can break by hand, in upstream's words.
 * Source: pkg/apis/core/validation/validation.go, k8s.io/apimachinery pkg/util/validation/validation.go.
 */
export function validate(kind: ResourceKind, object: KubeObject): FieldError[] {
  const errors = validateName(kind, object.metadata.name);
  switch (kind.kind) {
    case 'CertificateSigningRequest':
      errors.push(...validateCertificateSigningRequest(object));
      break;
    case 'Pod':
      errors.push(...validatePod(object as Pod));
      break;
    case 'Service':
      errors.push(...validateService(object as Service));
      break;
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      errors.push(...validateBinding(object as RoleBindingObject));
      break;
  }
  return errors;
}

/** What a change may not do; an update of the status is judged by whoever reports it. */
export function validateUpdate(
  kind: ResourceKind,
  part: ObjectPart,
  object: KubeObject,
  current: KubeObject,
): FieldError[] {
  if (kind.kind === 'CertificateSigningRequest')
    return [
      ...validateCertificateSigningRequest(object),
      ...validateCertificateSigningRequestUpdate(part, object, current),
    ];
  if (part === 'status') return [];
  return [...validate(kind, object), ...validateChange(kind, object, current)];
}

function validateChange(kind: ResourceKind, object: KubeObject, current: KubeObject): FieldError[] {
  if (kind.kind === 'Service') {
    const spec = (object as Service).spec;
    const before = (current as Service).spec;
    if (!spec.clusterIP && before.clusterIP)
      Object.assign(spec, { clusterIP: before.clusterIP, clusterIPs: before.clusterIPs });
    if (before.clusterIP && spec.clusterIP !== before.clusterIP) {
      const text = `Invalid value: ${JSON.stringify(spec.clusterIP)}: field is immutable`;
      return [{ field: 'spec.clusterIP', type: 'FieldValueInvalid' as const, text }];
    }
  }
  if (
    kind.group === 'rbac.authorization.k8s.io' &&
    JSON.stringify(object['roleRef']) !== JSON.stringify(current['roleRef'])
  ) {
    const text = `Invalid value: ${JSON.stringify(object['roleRef'])}: cannot change roleRef`;
    return [{ field: 'roleRef', type: 'FieldValueInvalid' as const, text }];
  }
  return [];
}

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const service = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

const labelText =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const serviceText =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

function validateName(kind: ResourceKind, name: string): FieldError[] {
  if (name === '') return [required('metadata.name', 'name or generateName is required')];
  if (kind.group === 'rbac.authorization.k8s.io' || kind.kind === 'CertificateSigningRequest') {
    return /[/%]/.test(name) || name === '.' || name === '..'
      ? [invalidValue('metadata.name', name, "may not contain '/'")]
      : [];
  }
  if (kind.kind === 'Namespace') return nameErrors(name, label, 63, labelText);
  if (kind.kind === 'Service') return nameErrors(name, service, 63, serviceText);
  return nameErrors(name, subdomain, longestSubdomain, subdomainText);
}

function nameErrors(name: string, pattern: RegExp, longest: number, text: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!pattern.test(name)) errors.push(invalidValue('metadata.name', name, text));
  if (name.length > longest)
    errors.push(invalidValue('metadata.name', name, `must be no more than ${longest} characters`));
  return errors;
}

function validatePod(pod: Pod): FieldError[] {
  const containers: unknown = pod.spec.containers;
  if (!Array.isArray(containers) || containers.length === 0) return [required('spec.containers')];
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, container] of pod.spec.containers.entries()) {
    const at = `spec.containers[${index}]`;
    const { name, image } = container;
    if (!name) errors.push(required(`${at}.name`));
    else if (!label.test(name)) errors.push(invalidValue(`${at}.name`, name, labelText));
    else if (seen.has(name))
      errors.push({
        field: `${at}.name`,
        type: 'FieldValueDuplicate',
        text: `Duplicate value: ${JSON.stringify(name)}`,
      });
    if (!image) errors.push(required(`${at}.image`));
    seen.add(name);
  }
  return errors;
}

function validateService(service: Service): FieldError[] {
  const { ports, type } = service.spec;
  const errors: FieldError[] = [];
  if (type === 'ExternalName') return errors;
  if ((ports ?? []).length === 0 && service.spec.clusterIP !== 'None') errors.push(required('spec.ports'));
  for (const [index, { name, port }] of (ports ?? []).entries()) {
    const at = `spec.ports[${index}]`;
    if (!Number.isInteger(port) || port < 1 || port > 65535) {
      errors.push({
        field: `${at}.port`,
        type: 'FieldValueInvalid',
        text: `Invalid value: ${String(port)}: must be between 1 and 65535, inclusive`,
      });
    }
    if (!name && ports.length > 1) errors.push(required(`${at}.name`));
  }
  return errors;
}

function validateBinding(binding: RoleBindingObject): FieldError[] {
  return binding.roleRef?.name ? [] : [required('roleRef.name')];
}

function required(field: string, detail = ''): FieldError {
  return {
    field,
    type: 'FieldValueRequired',
    text: detail === '' ? 'Required value' : `Required value: ${detail}`,
  };
}

function invalidValue(field: string, value: string, why: string): FieldError {
  return { field, type: 'FieldValueInvalid', text: `Invalid value: ${JSON.stringify(value)}: ${why}` };
}
