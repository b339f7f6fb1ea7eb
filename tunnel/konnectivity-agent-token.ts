import type { KubeClient } from '../client/kube-client';

/** Whom the server takes for an agent: the bearer of a token of this service account, made out to this audience. */
export interface AgentTokenSettings {
  readonly client: Pick<KubeClient, 'request'>;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly audience: string;
}

/** The name of the user, or why it is no agent. */
export type TokenVerdict = { readonly user: string } | { readonly text: string };

export type CheckAgentToken = (authorization: readonly string[]) => Promise<TokenVerdict>;

interface TokenReviewAnswer {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly error?: string;
    readonly user?: { readonly username?: string };
  };
}

/**
 * Asks the apiserver with a TokenReview.
 * Source: kubernetes-sigs/apiserver-network-proxy, pkg/server/server.go (authenticateAgentViaToken, validateAuthToken).
 */
export function agentTokenCheck(settings: AgentTokenSettings): CheckAgentToken {
  return async (authorization) => {
    const [header] = authorization;
    if (header === undefined) return { text: 'Authentication context was not found in metadata' };
    if (authorization.length > 1) return { text: `too many (${authorization.length}) tokens are received` };
    if (!header.startsWith(BEARER)) return { text: `received token does not have "${BEARER}" prefix` };
    const verdict = await review(settings, header.slice(BEARER.length));
    return 'user' in verdict
      ? verdict
      : { text: `Failed to validate authentication token, err:${verdict.text}` };
  };
}

const BEARER = 'Bearer ';

async function review(
  { client, namespace, serviceAccount, audience }: AgentTokenSettings,
  token: string,
): Promise<TokenVerdict> {
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token, audiences: [audience] },
  };
  const answer = await client.request('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { body });
  if (!answer.ok) return { text: `Failed to authenticate request. err:${answer.words}` };
  const status = (answer.json() as TokenReviewAnswer | null)?.status ?? {};
  if (status.error !== undefined && status.error !== '') return { text: `lookup failed: ${status.error}` };
  if (status.authenticated !== true) return { text: 'lookup failed: service account jwt not valid' };
  const user = status.user?.username ?? '';
  return belongsTo(user, namespace, serviceAccount) ?? { user };
}

function belongsTo(user: string, namespace: string, serviceAccount: string): { text: string } | null {
  const parts = user.split(':');
  if (parts.length !== 4) return { text: 'lookup failed: unexpected username format' };
  const [system, kind, itsNamespace, account] = parts;
  if (system !== 'system' || kind !== 'serviceaccount') {
    return { text: 'lookup failed: username returned is not a service account' };
  }
  if (itsNamespace !== namespace) {
    const text = `lookup failed: incoming request from "${itsNamespace}" namespace. Expected "${namespace}"`;
    return { text };
  }
  if (account === serviceAccount) return null;
  return {
    text: `lookup failed: incoming request from "${account}" service account. Expected "${serviceAccount}"`,
  };
}
