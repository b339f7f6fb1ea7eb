import type { KubeObject } from '../api/objects';

/** What an event is about; v1.ObjectReference. */
export interface EventReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly fieldPath?: string;
}

/** Where a component's events go. */
export interface EventSink {
  event(about: EventReference, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

export const noEvents: EventSink = { event: () => undefined };

/** Source: client-go tools/reference/ref.go. */
export function referenceTo({ apiVersion, kind, metadata }: KubeObject): EventReference {
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    apiVersion,
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}
