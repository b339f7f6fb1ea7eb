import { alreadyExists, conflict, type Failure, notFound } from '../api/failures';
import type { KubeObject } from '../api/objects';
import type { Randomness } from '../randomness';
import type { AdmissionPlugin } from './admission/admission-plugins';
import type { User } from './authorize';
import type { ClusterIpRange } from './cluster-ip';
import type { FieldValidation } from './field-validation';
import type { ResourceKind } from './registry';
import type { Storage, WriteRefusal } from './storage';

/** Where objects are, and how the refusals of storage are worded. */
export interface Cluster {
  readonly storage: Storage;
  readonly clusterIps: ClusterIpRange;
  /** What is asked before a write; without, every plugin that is on by default but ServiceAccount. */
  readonly admission?: ReadonlySet<AdmissionPlugin>;
  readonly now: () => Date;
  /** For what is drawn at random under this label: the first time, the second, each time another stream. */
  readonly randomFor: (label: string) => Randomness;
}

/** Where an object is: the URL's namespace ('' for kinds without), and its name. */
export interface Place {
  readonly kind: ResourceKind;
  readonly namespace: string;
  readonly name: string;
}

/** What of an object a write is about: all of it but the status, or what one of its subresources owns. */
export type ObjectPart = '' | 'approval' | 'ephemeralcontainers' | 'finalize' | 'status';

export function isObjectPart(kind: ResourceKind, subresource: string): subresource is ObjectPart {
  if (subresource === '') return true;
  return (
    /^(approval|ephemeralcontainers|finalize|status)$/.test(subresource) &&
    kind.subresources.some(({ name }) => name === subresource)
  );
}

export interface WriteOptions {
  readonly dryRun: boolean;
  /** Who owns the fields that are written; missing for what the apiserver writes itself. */
  readonly fieldManager?: string;
  /** Server-side apply only: takes fields from their owners. */
  readonly force?: boolean;
  /** What becomes of unknown and duplicate fields; Warn where the client does not say. */
  readonly fieldValidation?: FieldValidation;
  /** Takes what the client is warned of. */
  readonly warn?: (texts: readonly string[]) => void;
  /** Who writes; missing for what the apiserver writes itself. */
  readonly user?: User;
  /** Whether the writer may do something else as well, as some admission asks; missing as `user` is. */
  readonly allows?: (asked: {
    readonly verb: string;
    readonly group: string;
    readonly resource: string;
    readonly name: string;
    readonly namespace?: string;
  }) => boolean;
}

/** What storage made of a write, as an answer. */
export function settled(
  place: Place,
  name: string,
  outcome: KubeObject | WriteRefusal,
): KubeObject | Failure {
  if ('metadata' in outcome) return outcome;
  switch (outcome.kind) {
    case 'exists':
      return alreadyExists(place.kind, name);
    case 'missing':
      return notFound(place.kind, name);
    case 'stale':
      return conflict(place.kind, name);
  }
  return outcome satisfies never;
}

export function uidPrecondition(kind: ResourceKind, name: string, wanted: string, actual: string): Failure {
  const refused = conflict(kind, name);
  const why = `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${actual}`;
  const [before] = (refused.message ?? '').split(': the object has been modified');
  return { ...refused, message: `${before}: ${why}` };
}
