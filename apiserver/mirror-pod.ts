import type { KubeObject } from '../api/objects';

export const mirrorAnnotation = 'kubernetes.io/config.mirror';

/** A pod that its kubelet has from a file: the apiserver's copy only shows it. */
export function isMirrorPod({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[mirrorAnnotation] !== undefined;
}
