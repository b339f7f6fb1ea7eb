import { type Fields, fieldsOf, itemsOf, textOf } from '../api/fields';
import type { KubeObject } from '../api/objects';
import { qosClass } from '../api/qos-class';
import type { User } from './authorize';
import type { ObjectPart } from './place';
import type { ResourceKind } from './registry';
import { prepareServiceUpdate } from './service-update';
import { timestamp } from './storage';

/**
 * What a writer cannot say, per kind: a strategy in upstream's words (PrepareForCreate and PrepareForUpdate of
 * pkg/registry/<group>/<resource>/strategy.go, called by k8s.io/apiserver pkg/registry/rest/{create,update}.go between
 * defaulting and validation).
 */
export interface Writer {
  /** Missing for what the apiserver writes itself. */
  readonly user?: User;
}

/** Works on a private copy, which has its defaults already. */
export function prepareForCreate(kind: ResourceKind, object: KubeObject, writer: Writer): void {
  switch (kind.kind) {
    case 'Pod':
      object['status'] = { phase: 'Pending', qosClass: qosClass(fieldsOf(object['spec'])) };
      return;
    case 'Service':
      object['status'] = { loadBalancer: {} };
      return;
    case 'Deployment':
      object['status'] = {};
      return;
    case 'ReplicaSet':
      object['status'] = { replicas: 0 };
      return;
    case 'Namespace':
      prepareNamespace(object);
      return;
    case 'CertificateSigningRequest':
      object['spec'] = { ...(object['spec'] as object | undefined), ...requesterOf(writer.user) };
      object['status'] = {};
      return;
  }
}

/** The namespace controller's finalizer; a namespace is born Active (pkg/registry/core/namespace/strategy.go). */
function prepareNamespace(object: KubeObject): void {
  const spec = (object['spec'] ?? {}) as { finalizers?: string[] };
  const finalizers = spec.finalizers ?? [];
  object['spec'] = {
    ...spec,
    finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'],
  };
  object['status'] = { phase: 'Active' };
}

/** Who asks is never taken from the body (pkg/registry/certificates/certificates/strategy.go). */
function requesterOf(user: User | undefined): object {
  return {
    username: user?.name,
    uid: user?.uid,
    groups: user === undefined ? undefined : [...user.groups],
    extra: user?.extra,
  };
}

/** An update of the object leaves its status as it was, one of a part everything else. */
export function prepareForUpdate(
  kind: ResourceKind,
  part: ObjectPart,
  given: KubeObject,
  current: KubeObject,
  now: Date,
): KubeObject {
  switch (part) {
    case 'approval':
    case 'status': {
      const metadata = partMetadata(given, current);
      if (kind.kind === 'CertificateSigningRequest')
        return { ...current, metadata, status: certificateStatus(part, given, current, now) };
      if (kind.kind === 'Pod') return { ...current, metadata, status: podStatus(given, current) };
      return { ...current, metadata, status: given['status'] };
    }
    case 'ephemeralcontainers': {
      const { ephemeralContainers } = fieldsOf(given['spec']);
      return {
        ...current,
        metadata: partMetadata(given, current),
        spec: {
          ...fieldsOf(current['spec']),
          ...(ephemeralContainers === undefined ? {} : { ephemeralContainers }),
        },
      };
    }
    // namespaceFinalizeStrategy: what the namespace controller writes when it is done.
    case 'finalize':
      return { ...given, ...(current['status'] === undefined ? {} : { status: current['status'] }) };
    case '':
      return prepareObject(kind, given, current);
  }
  return part satisfies never;
}

function prepareObject(kind: ResourceKind, given: KubeObject, current: KubeObject): KubeObject {
  if (!kind.subresources.some(({ name }) => name === 'status')) return given;
  const { status: _ignored, ...rest } = given;
  const kept = {
    ...rest,
    ...(current['status'] === undefined ? {} : { status: current['status'] }),
  } as KubeObject;
  switch (kind.kind) {
    case 'CertificateSigningRequest':
    case 'Namespace':
      return { ...kept, spec: current['spec'] };
    case 'Service':
      prepareServiceUpdate(kept, current);
      return kept;
  }
  return kept;
}

/** Metadata travels with a part: others tag what they report on. */
function partMetadata(given: KubeObject, current: KubeObject): KubeObject['metadata'] {
  const { labels, annotations, resourceVersion } = given.metadata;
  return {
    ...current.metadata,
    ...(labels && { labels }),
    ...(annotations && { annotations }),
    ...(resourceVersion && { resourceVersion }),
  };
}

/** The class is the apiserver's to say; the first of the addresses has a field of its own (conversion.go, PodStatus). */
function podStatus(given: KubeObject, current: KubeObject): object {
  const [after, before] = [fieldsOf(given['status']), fieldsOf(current['status'])];
  const status: Fields = { ...after, qosClass: before['qosClass'] };
  for (const [one, list] of [
    ['podIP', 'podIPs'],
    ['hostIP', 'hostIPs'],
  ] as const) {
    const address = textOf(status[one]);
    if (address !== '' && itemsOf(status[list])[0]?.['ip'] !== address) status[list] = [{ ip: address }];
  }
  return status;
}

/**
 * Who approves sets conditions and no certificate; who signs sets the certificate and no approval
 * (csrApprovalStrategy and csrStatusStrategy in pkg/registry/certificates/certificates/strategy.go).
 */
function certificateStatus(
  part: 'approval' | 'status',
  given: KubeObject,
  current: KubeObject,
  now: Date,
): object {
  const [after, before] = [fieldsOf(given['status']), fieldsOf(current['status'])];
  const existing = itemsOf(before['conditions']);
  const stamp = timestamp(now);
  const conditions = itemsOf(after['conditions']).map((condition) => ({
    ...condition,
    lastUpdateTime: condition['lastUpdateTime'] ?? stamp,
    lastTransitionTime:
      condition['lastTransitionTime'] ??
      existing.find(({ type, status }) => type === condition['type'] && status === condition['status'])?.[
        'lastTransitionTime'
      ] ??
      stamp,
  }));
  const base = part === 'approval' ? before : after;
  return conditions.length === 0 && existing.length === 0 ? base : { ...base, conditions };
}
