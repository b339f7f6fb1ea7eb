import type { KubeNode } from './objects';

/** Taints of nodes, and who bears them. Source: k8s.io/api core/v1 toleration.go (ToleratesTaint). */
export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
  readonly timeAdded?: string;
}

export interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
  /** Of a taint NoExecute; missing: for ever. */
  readonly tolerationSeconds?: number;
}

export function taintsOf({ spec }: KubeNode): readonly Taint[] {
  return (spec as { readonly taints?: readonly Taint[] }).taints ?? [];
}

export function toleratesTaint(
  { key = '', operator = 'Equal', value = '', effect = '' }: Toleration,
  taint: Taint,
): boolean {
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  return operator === 'Exists' || (key !== '' && value === (taint.value ?? ''));
}
