import { createHmac } from 'node:crypto';
import { sameSecret } from './same-secret';

/** A bootstrap token: `id.secret`. */
export interface BootstrapToken {
  readonly id: string;
  readonly secret: string;
}

/** Null when it is none. Source: k8s.io/cluster-bootstrap token/api (BootstrapTokenPattern). */
export function parseBootstrapToken(text: string): BootstrapToken | null {
  const [, id, secret] = /^([a-z0-9]{6})\.([a-z0-9]{16})$/.exec(text) ?? [];
  return id === undefined || secret === undefined ? null : { id, secret };
}

/**
 * What stands beside the kubeconfig in the ConfigMap cluster-info: a JWS (RFC 7515, HS256) whose payload is left out.
 * Whoever knows the token can make one. Source: k8s.io/cluster-bootstrap token/jws/jws.go (ComputeDetachedSignature).
 */
export function detachedJws(content: string, { id, secret }: BootstrapToken): string {
  const header = Buffer.from(`{"alg":"HS256","kid":${JSON.stringify(id)}}`).toString('base64url');
  const payload = Buffer.from(content).toString('base64url');
  const mac = createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url');
  return `${header}..${mac}`;
}

/** Computes it again and compares. Source: DetachedTokenIsValid. */
export function isDetachedJwsOf(jws: string, content: string, token: BootstrapToken): boolean {
  return sameSecret(detachedJws(content, token), jws);
}
