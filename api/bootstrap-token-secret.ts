import { fieldsOf, textOf } from './fields';
import type { KubeObject } from './objects';

/**
 * Secrets kube-system/bootstrap-token-ID, in which a cluster keeps the tokens of machines that are to join.
 * Source: k8s.io/cluster-bootstrap token/api/types.go, token/util/secrets.
 */
export const bootstrapTokenType = 'bootstrap.kubernetes.io/token';

export function isBootstrapTokenSecret(secret: KubeObject): boolean {
  return secret['type'] === bootstrapTokenType && secret.metadata.namespace === 'kube-system';
}

/** What the Secret says under a key; '' when it says nothing. */
export function bootstrapTokenData(secret: KubeObject, key: string): string {
  return Buffer.from(textOf(fieldsOf(secret['data'])[key]), 'base64').toString();
}

/** When it is over; null for never. An expiration that cannot be read has passed. */
export function bootstrapTokenEnd(secret: KubeObject): Date | null {
  const text = bootstrapTokenData(secret, 'expiration');
  if (text === '') return null;
  const at = Date.parse(text);
  return new Date(Number.isNaN(at) ? 0 : at);
}

export function bootstrapTokenIsOver(secret: KubeObject, now: Date): boolean {
  const end = bootstrapTokenEnd(secret);
  return end !== null && end.getTime() <= now.getTime();
}
