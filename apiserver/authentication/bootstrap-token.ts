import {
  bootstrapTokenData,
  bootstrapTokenIsOver,
  isBootstrapTokenSecret,
} from '../../api/bootstrap-token-secret';
import type { KubeObject } from '../../api/objects';
import { sameSecret } from '../../wire/same-secret';
import { noOpinionOfToken, sharedAudiences, type TokenAuthenticator } from './token-verdict';

/**
 * Tokens that kubeadm hands to machines that join: a Secret kube-system/bootstrap-token-ID. Whatever is wrong with one is
 * no opinion, and the bearer authenticator makes a 401 of it.
 * Source: plugin/pkg/auth/authenticator/token/bootstrap/bootstrap.go, k8s.io/cluster-bootstrap token/util.
 */
export interface BootstrapTokenOptions {
  readonly apiAudiences: readonly string[];
  readonly now: () => Date;
  readonly findSecret: (namespace: string, name: string) => KubeObject | null;
}

export function bootstrapTokenAuthenticator(options: BootstrapTokenOptions): TokenAuthenticator {
  return (token, audiences) => {
    const [, id, secretText] = /^([a-z0-9]{6})\.([a-z0-9]{16})$/.exec(token) ?? [];
    const shared = sharedAudiences(options.apiAudiences, audiences);
    if (id === undefined || secretText === undefined || shared.length === 0) return noOpinionOfToken;
    const secret = options.findSecret('kube-system', `bootstrap-token-${id}`);
    if (secret === null || secret.metadata.deletionTimestamp !== undefined) return noOpinionOfToken;
    if (!isBootstrapTokenSecret(secret)) return noOpinionOfToken;
    const data = (key: string): string => bootstrapTokenData(secret, key);
    if (!sameSecret(data('token-secret'), secretText) || data('token-id') !== id) return noOpinionOfToken;
    if (bootstrapTokenIsOver(secret, options.now())) return noOpinionOfToken;
    if (data('usage-bootstrap-authentication') !== 'true') return noOpinionOfToken;
    const groups = groupsOf(data('auth-extra-groups'));
    if (groups === null) return noOpinionOfToken;
    return { kind: 'user', user: { name: `system:bootstrap:${id}`, groups }, audiences: shared };
  };
}

/** Sorted, each once; null when one of them may not be given away so. */
function groupsOf(extra: string): string[] | null {
  const asked = extra === '' ? [] : extra.split(',');
  if (!asked.every((group) => /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/.test(group))) return null;
  return [...new Set(['system:bootstrappers', ...asked])].sort();
}
