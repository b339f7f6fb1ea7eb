import type { Pod } from '../api/objects';
import type { EventReference } from '../client/event-reference';
import type { ContainerKind } from './pod-spec';

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
