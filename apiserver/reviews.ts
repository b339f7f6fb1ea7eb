import type { KubeObject } from '../api/objects';
import { type Attributes, type Authorizer, authorize, type User } from './authorize';
import type { ResourceKind } from './registry';

/**
 * The review kinds: an object comes in with a question in its spec and goes back with the answer in its status.
 * Source: pkg/registry/authorization/subjectaccessreview/rest.go, pkg/registry/authentication/tokenreview/storage.go.
 */
export interface ReviewContext {
  readonly user: User;
  readonly authorizers: readonly Authorizer[];
  readonly authenticateToken: (token: string) => User | null;
}

export function answerReview(kind: ResourceKind, review: KubeObject, context: ReviewContext): KubeObject {
  const spec = record(review['spec']);
  switch (kind.kind) {
    case 'TokenReview':
      return { ...review, status: tokenStatus(context.authenticateToken(text(spec['token']))) };
    case 'SelfSubjectReview':
      return { ...review, status: { userInfo: userInfo(context.user) } };
    case 'SelfSubjectAccessReview':
      return { ...review, status: accessStatus(spec, context.user, context.authorizers) };
    default:
      return { ...review, status: accessStatus(spec, subjectOf(spec), context.authorizers) };
  }
}

/** The reason is given here, unlike in the 401 that the same token would get. */
function tokenStatus(user: User | null): object {
  return user === null
    ? { user: {}, error: '[invalid bearer token]' }
    : { authenticated: true, user: userInfo(user) };
}

function userInfo(user: User): object {
  return {
    username: user.name,
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    groups: user.groups,
    ...(user.extra === undefined ? {} : { extra: user.extra }),
  };
}

function accessStatus(spec: Record<string, unknown>, user: User, authorizers: readonly Authorizer[]): object {
  const decision = authorize(authorizers, questionOf(spec, user));
  return {
    allowed: decision.kind === 'allow',
    ...(decision.kind === 'deny' ? { denied: true } : {}),
    ...(decision.reason === '' ? {} : { reason: decision.reason }),
  };
}

function questionOf(spec: Record<string, unknown>, user: User): Attributes {
  const path = record(spec['nonResourceAttributes']);
  if (spec['nonResourceAttributes'] !== undefined) {
    return { kind: 'path', user, verb: text(path['verb']), path: text(path['path']) };
  }
  const resource = record(spec['resourceAttributes']);
  return {
    kind: 'resource',
    user,
    verb: text(resource['verb']),
    group: text(resource['group']),
    resource: text(resource['resource']),
    subresource: text(resource['subresource']),
    namespace: text(resource['namespace']),
    name: text(resource['name']),
  };
}

function subjectOf(spec: Record<string, unknown>): User {
  const groups = spec['groups'];
  return {
    name: text(spec['user']),
    groups: Array.isArray(groups) ? groups.filter((group): group is string => typeof group === 'string') : [],
  };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
