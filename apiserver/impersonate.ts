import type { Failure } from '../api/failures';
import { extraOf } from './authentication/front-proxy';
import { serviceAccountGroups, serviceAccountUserName } from './authentication/service-account-token';
import { type Attributes, type Authorizer, authorize, forbidden, type User } from './authorize';

/**
 * Acting as somebody else: each part of the wanted identity is a question to the authorizer with the verb `impersonate`.
 * Source: k8s.io/apiserver pkg/endpoints/filters/impersonation.go (release 1.33).
 */
export type Impersonation =
  | { readonly kind: 'none' }
  | { readonly kind: 'impersonated'; readonly user: User }
  | { readonly kind: 'refused'; readonly failure: Failure }
  /** Upstream answers with this as plain text, and 500. */
  | { readonly kind: 'malformed'; readonly text: string };

type Headers = readonly (readonly [name: string, value: string])[];

export const impersonationHeader = /^impersonate-(user|group|uid|extra-.*)$/i;

export function impersonate(headers: Headers, user: User, authorizers: readonly Authorizer[]): Impersonation {
  const wanted = headers.filter(([name]) => impersonationHeader.test(name));
  if (wanted.length === 0) return { kind: 'none' };
  const parts = partsOf(wanted);
  if (parts.length === 0) return { kind: 'none' };
  if (!parts.some(({ kind }) => kind === 'User' || kind === 'ServiceAccount')) {
    return {
      kind: 'malformed',
      text: `requested [${parts.map(goText).join(' ')}] without impersonating a user`,
    };
  }
  for (const part of parts) {
    const attributes = questionOf(part, user);
    const decision = authorize(authorizers, attributes);
    if (decision.kind !== 'allow')
      return { kind: 'refused', failure: forbidden(attributes, decision.reason) };
  }
  return { kind: 'impersonated', user: identityOf(parts) };
}

interface Part {
  readonly kind: 'Group' | 'ServiceAccount' | 'UID' | 'User' | 'UserExtra';
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
}

function partsOf(headers: Headers): Part[] {
  const valuesOf = (wanted: string) =>
    headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
  const parts: Part[] = [];
  const [user = ''] = valuesOf('impersonate-user');
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user);
  if (account !== null) parts.push(part('ServiceAccount', account[2] ?? '', { namespace: account[1] ?? '' }));
  else if (user !== '') parts.push(part('User', user));
  for (const group of valuesOf('impersonate-group')) parts.push(part('Group', group));
  for (const [key, values] of Object.entries(extraOf(headers, ['Impersonate-Extra-'])))
    for (const value of values) parts.push(part('UserExtra', value, { key }));
  const [uid = ''] = valuesOf('impersonate-uid');
  if (uid !== '') parts.push(part('UID', uid));
  return parts;
}

function part(kind: Part['kind'], name: string, more: Partial<Part> = {}): Part {
  return { kind, name, namespace: '', key: '', ...more };
}

/** A core/v1 ObjectReference as Go's %v prints it. */
function goText({ kind, namespace, name, key }: Part): string {
  const apiVersion = kind === 'UID' || kind === 'UserExtra' ? 'authentication.k8s.io/v1' : '';
  return `{${[kind, namespace, name, '', apiVersion, '', key].join(' ')}}`;
}

function questionOf({ kind, namespace, name, key }: Part, user: User): Attributes {
  const ask = (resource: string, group = '', subresource = ''): Attributes => ({
    kind: 'resource',
    user,
    verb: 'impersonate',
    group,
    resource,
    subresource,
    namespace,
    name,
  });
  switch (kind) {
    case 'Group':
      return ask('groups');
    case 'ServiceAccount':
      return ask('serviceaccounts');
    case 'UID':
      return ask('uids', 'authentication.k8s.io');
    case 'User':
      return ask('users');
    case 'UserExtra':
      return ask('userextras', 'authentication.k8s.io', key);
  }
  return kind satisfies never;
}

function identityOf(parts: readonly Part[]): User {
  const groups = parts.filter(({ kind }) => kind === 'Group').map(({ name }) => name);
  const account = parts.find(({ kind }) => kind === 'ServiceAccount');
  const name =
    account === undefined
      ? (parts.find(({ kind }) => kind === 'User')?.name ?? '')
      : serviceAccountUserName(account.namespace, account.name);
  if (account !== undefined && groups.length === 0) groups.push(...serviceAccountGroups(account.namespace));
  const anonymous = name === 'system:anonymous';
  const standing = anonymous ? 'system:unauthenticated' : 'system:authenticated';
  const said = anonymous ? [standing] : ['system:authenticated', 'system:unauthenticated'];
  if (!groups.some((group) => said.includes(group))) groups.push(standing);
  const uid = parts.find(({ kind }) => kind === 'UID')?.name;
  const extra: Record<string, string[]> = {};
  for (const { kind, key, name: value } of parts)
    if (kind === 'UserExtra') extra[key] = [...(extra[key] ?? []), value];
  return {
    name,
    groups,
    ...(uid === undefined ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}
