import type { Pod } from '../api/objects';
import type { ContainerKind } from './pod-spec';

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

/** Where the kubelet's events go. Reasons and texts: pkg/kubelet/events/event.go and its callers. */
export interface EventSink {
  event(about: EventReference, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

export const noEvents: EventSink = { event: () => undefined };

export function podReference({ metadata }: Pod): EventReference {
  const { name, namespace = 'default', uid, resourceVersion } = metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    name,
    namespace,
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

/** Source: pkg/kubelet/container/ref.go (GenerateContainerRef). */
export function containerReference(
  pod: Pod,
  { kind, name }: { readonly kind: ContainerKind; readonly name: string },
): EventReference {
  return { ...podReference(pod), fieldPath: `spec.${LIST_OF[kind]}{${name}}` };
}

const LIST_OF = {
  init: 'initContainers',
  sidecar: 'initContainers',
  regular: 'containers',
  ephemeral: 'ephemeralContainers',
} as const;
