import type { Attempt } from './authentication';
import type { AccessCheck, Attributes, UserInfo } from './authorization';
import { ExpiringCache } from './expiring-cache';
import type { KubeletSettings } from './settings';

/**
 * What the kubelet asks the apiserver: whose token this is (TokenReview) and what somebody may do (SubjectAccessReview).
 * Answers are remembered as long as the configuration says: by default 5 minutes for an allow and 30 seconds for a deny.
 */
export type PostReview = (
  path: string,
  review: object,
) => Promise<{ readonly status: number; readonly body: unknown }>;

const TOKEN_REVIEWS = '/apis/authentication.k8s.io/v1/tokenreviews';
const ACCESS_REVIEWS = '/apis/authorization.k8s.io/v1/subjectaccessreviews';

/**
 * What is remembered is whom a token belongs to, not why it was refused: an error is asked about again at the next
 * request. Requests that come at once share one question.
 * Source: k8s.io/apiserver pkg/authentication/token/cache (cacheErrs is false), plugin/pkg/authenticator/token/webhook.
 */
export function tokenReviewer(
  post: PostReview,
  settings: KubeletSettings['authentication']['webhook'],
  now?: () => number,
): (token: string) => Promise<Attempt> {
  const cache = new ExpiringCache<Attempt>(now === undefined ? {} : { now });
  const asking = new Map<string, Promise<Attempt>>();
  const ask = async (token: string): Promise<Attempt> => {
    const answer = await post(TOKEN_REVIEWS, {
      kind: 'TokenReview',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: {},
      spec: { token },
    }).catch((error: unknown) => ({ status: 0, body: String(error) }));
    if (answer.status !== 200 && answer.status !== 201) {
      return { kind: 'unacceptable', text: `token review failed with ${answer.status}` };
    }
    const { attempt, lasting } = readTokenReview(answer.body);
    if (lasting) cache.set(token, attempt, settings.cacheTtlMs);
    return attempt;
  };
  return async (token) => {
    const known = cache.get(token);
    if (known !== undefined) return known;
    const asked = asking.get(token) ?? ask(token).finally(() => asking.delete(token));
    asking.set(token, asked);
    return asked;
  };
}

export function readTokenReview(body: unknown): { readonly attempt: Attempt; readonly lasting: boolean } {
  const status = field(body, 'status');
  const user = field(status, 'user');
  const name = field(user, 'username');
  if (field(status, 'authenticated') !== true || typeof name !== 'string') {
    const error = field(status, 'error');
    const said = typeof error === 'string' && error !== '';
    return {
      attempt: { kind: 'unacceptable', text: said ? error : 'invalid bearer token' },
      lasting: !said,
    };
  }
  const groups = strings(field(user, 'groups'));
  return { attempt: { kind: 'user', user: { name, groups, ...rest(user) } }, lasting: true };
}

function rest(user: unknown): { uid?: string; extra?: Record<string, string[]> } {
  const uid = field(user, 'uid');
  const extra = field(user, 'extra');
  return {
    ...(typeof uid === 'string' && uid !== '' ? { uid } : {}),
    ...(isRecord(extra)
      ? { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, strings(values)])) }
      : {}),
  };
}

/** Throws when the apiserver cannot be asked. */
export function accessReviewer(
  post: PostReview,
  settings: KubeletSettings['authorization']['webhook'],
  now?: () => number,
): AccessCheck {
  const cache = new ExpiringCache<boolean>(now === undefined ? {} : { now });
  return async (attributes) => {
    const spec = accessReviewSpec(attributes);
    const key = JSON.stringify(spec);
    const known = cache.get(key);
    if (known !== undefined) return known;
    const answer = await post(ACCESS_REVIEWS, {
      kind: 'SubjectAccessReview',
      apiVersion: 'authorization.k8s.io/v1',
      metadata: {},
      spec,
    });
    const status = field(answer.body, 'status');
    if (!isRecord(status) || (answer.status !== 200 && answer.status !== 201)) {
      throw new Error(`access review failed with ${answer.status}`);
    }
    const allowed = status['allowed'] === true;
    if (allowed && status['denied'] === true) {
      throw new Error('webhook subject access review returned both allow and deny response');
    }
    cache.set(key, allowed, allowed ? settings.cacheAuthorizedTtlMs : settings.cacheUnauthorizedTtlMs);
    return allowed;
  };
}

export function accessReviewSpec({ user, verb, nodeName, subresource }: Attributes): object {
  return {
    resourceAttributes: { verb, version: 'v1', resource: 'nodes', subresource, name: nodeName },
    ...userFields(user),
  };
}

function userFields({ name, groups, uid, extra }: UserInfo): object {
  return {
    user: name,
    groups,
    ...(extra === undefined ? {} : { extra }),
    ...(uid === undefined ? {} : { uid }),
  };
}

function field(of: unknown, name: string): unknown {
  return isRecord(of) ? of[name] : undefined;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((it): it is string => typeof it === 'string') : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
