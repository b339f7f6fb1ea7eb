import type { KubeObject } from '../../api/objects';
import { decodeJson } from '../../api/schema/decode-json';
import { kubernetesSchema } from '../../api/schema/kubernetes-schema';
import type { FieldType } from '../../api/schema/schema';
import { jsonNode } from '../../wire/go-json';
import { apiVersionOf, kinds } from '../registry';
import { timestamp } from '../storage';
import { compareFields } from './compare-fields';
import {
  difference,
  emptySet,
  type FieldPath,
  type FieldSet,
  insert,
  intersection,
  isEmpty,
  union,
  without,
} from './field-set';
import {
  capUpdaters,
  isSameManager,
  type Manager,
  type Managers,
  owning,
  readManagers,
  writeManagers,
} from './managers';

/**
 * Field owners after a write that says nothing of owners: the writer gets what it changed, and whoever had that before
 * loses it.
 * Source: k8s.io/apimachinery pkg/util/managedfields/internal/{fieldmanager,managedfieldsupdater,skipnonapplied}.go;
 * structured-merge-diff/v4 merge/update.go (Update).
 */
export interface Write {
  /** Null for a create. */
  readonly current: KubeObject | null;
  /** With its defaults, and the managedFields that its writer sent. */
  readonly object: KubeObject;
  readonly manager: string;
  readonly subresource: string;
  readonly now: Date;
}

/** The managedFields to store. */
export function trackUpdate(write: Write): object[] | undefined {
  const { current, object, subresource } = write;
  const before = managersBefore(write);
  // Who was not tracked from the beginning is tracked from its first apply on.
  if (before.length === 0 && current !== null) return undefined;
  const type = typeOf(object);
  if (type === null) return undefined;
  const live = current ?? emptyObject(type, object);
  const self: Manager = {
    manager: write.manager === '' ? 'unknown' : write.manager,
    operation: 'Update',
    apiVersion: object.apiVersion,
    subresource,
    time: timestamp(write.now),
    set: emptySet(),
  };
  return writeManagers(capUpdaters(managersAfter({ type, live, object, before, self })));
}

export interface Change {
  readonly type: FieldType & { readonly kind: 'message' };
  readonly live: KubeObject;
  readonly object: KubeObject;
  readonly before: Managers;
  readonly self: Manager;
}

export function managersAfter({ type, live, object, before, self }: Change): Managers {
  const reset = resetFields(live, self.subresource);
  const compared = compareFields(kubernetesSchema, type, unmanaged(live), unmanaged(object));
  const changed = without(union(compared.modified, compared.added), reset);
  const removed = without(compared.removed, reset);
  const others = before.flatMap((one) => {
    const lost = union(intersection(one.set, changed), intersection(one.set, removed));
    if (isEmpty(lost)) return [one];
    return owning(one, difference(one.set, lost)) ?? [];
  });
  const gained = difference(changed, strippedFields);
  if (isEmpty(gained)) return others;
  const had = others.find((one) => isSameManager(one, self));
  const set = had === undefined ? gained : union(gained, had.set);
  return [...others.filter((one) => one !== had), { ...self, set }];
}

/** What a client sent counts, unless it is nothing: `[{}]` and `[]` start anew (isResetManagedFields). */
function managersBefore({ current, object, subresource }: Write): Managers {
  const live = current?.metadata.managedFields;
  const given = object.metadata.managedFields;
  if (subresource !== '' || given === undefined) return readManagers(live) ?? [];
  if (isReset(given)) return [];
  const managers = readManagers(given);
  return managers === null || managers.length === 0 ? (readManagers(live) ?? []) : managers;
}

function isReset(given: readonly object[]): boolean {
  const [first] = given;
  return first === undefined || (given.length === 1 && Object.keys(first).length === 0);
}

export function typeOf({ apiVersion, kind }: KubeObject): Change['type'] | null {
  const message = kubernetesSchema.messageOf(apiVersion, kind);
  return message === null ? null : { kind: 'message', message: message.name, atomic: false };
}

/** What Go's New() looks like: structs that are no pointers are there. */
export function emptyObject(type: Change['type'], { apiVersion, kind }: KubeObject): KubeObject {
  const decoded = decodeJson(kubernetesSchema, kubernetesSchema.message(type.message), jsonNode({}));
  if (decoded.kind === 'undecodable') throw new Error(`an empty ${kind} does not decode: ${decoded.error}`);
  const { metadata } = decoded.object;
  return { ...decoded.object, apiVersion, kind, metadata: { ...(metadata as KubeObject['metadata']) } };
}

export function unmanaged(object: KubeObject): KubeObject {
  const { managedFields: _managed, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** stripmeta.go: what nobody can own. */
export const strippedFields = setOf([
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation'].map(
    (name) => ['f:metadata', `f:${name}`],
  ),
  ['f:metadata', 'f:managedFields'],
  ['f:metadata', 'f:resourceVersion'],
]);

function setOf(paths: readonly FieldPath[]): FieldSet {
  const set = emptySet();
  for (const path of paths) insert(set, path);
  return set;
}

const withStatus = new Set(
  kinds
    .filter(({ subresources }) => subresources.some(({ name }) => name === 'status'))
    .map((row) => `${apiVersionOf(row)} ${row.kind}`),
);

/** GetResetFields of the strategies: what a write to this part cannot change anyway. */
export function resetFields({ apiVersion, kind }: KubeObject, subresource: string): FieldPath[] {
  switch (subresource) {
    case '':
      if (kind === 'CertificateSigningRequest') return [['f:spec'], ['f:status']];
      return withStatus.has(`${apiVersion} ${kind}`) ? [['f:status']] : [];
    case 'status':
      return [['f:spec'], ...statusResets(kind)];
    case 'approval':
      return [['f:spec']];
    case 'finalize':
      return [['f:status']];
    case 'ephemeralcontainers':
      return [['f:status'], ['f:metadata']];
  }
  return [];
}

function statusResets(kind: string): FieldPath[] {
  if (kind === 'Pod')
    return [
      ['f:metadata', 'f:deletionTimestamp'],
      ['f:metadata', 'f:ownerReferences'],
    ];
  return kind === 'Deployment' ? [['f:metadata', 'f:labels']] : [];
}
