import { type Failure, type GroupResource, resourceText } from '../api/failures';
import { type FieldTerm, parseFieldSelector } from '../api/selectors';
import { failure } from '../api/status';
import type { RequestInfo } from './request-info';

/** Who asks. Groups include what authentication added (`system:authenticated`). */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What is asked: authorizer.Attributes. */
export type Attributes =
  | {
      readonly kind: 'resource';
      readonly user: User;
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
      /** Of a list, a watch or a deletecollection: what its field selector asks for, if that can be read. */
      readonly fieldTerms?: readonly FieldTerm[];
    }
  | { readonly kind: 'path'; readonly user: User; readonly verb: string; readonly path: string };

/** `reason` may be empty. A denial by nobody's opinion carries what each authorizer had to say. */
export interface Decision {
  readonly kind: 'allow' | 'deny' | 'no-opinion';
  readonly reason: string;
}

export type Authorizer = (attributes: Attributes) => Decision;

export function attributesOf(info: RequestInfo, user: User): Attributes {
  if (!info.isResourceRequest) return { kind: 'path', user, verb: info.verb, path: info.path };
  return {
    kind: 'resource',
    user,
    verb: info.verb,
    group: info.apiGroup,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    ...(info.fieldSelector === '' ? {} : { fieldTerms: fieldTermsOf(info.fieldSelector) }),
  };
}

/** What cannot be read selects nothing: it may only allow less (AuthorizeWithSelectors). */
export function fieldTermsOf(selector: string): readonly FieldTerm[] {
  const parsed = parseFieldSelector(selector);
  return parsed.kind === 'selector-error' ? [] : parsed.terms;
}

/** The first Allow or Deny wins; when nobody has an opinion the request is denied (pkg/authorization/union). */
export function authorize(chain: readonly Authorizer[], attributes: Attributes): Decision {
  const reasons: string[] = [];
  for (const authorizer of chain) {
    const decision = authorizer(attributes);
    if (decision.kind !== 'no-opinion') return decision;
    if (decision.reason !== '') reasons.push(decision.reason);
  }
  return { kind: 'no-opinion', reason: reasons.join('\n') };
}

/** Stands in front of every mode, so that deleting the cluster-admin binding locks nobody out (authorizerfactory.NewPrivilegedGroups). */
export const allowMasters: Authorizer = ({ user }) =>
  user.groups.includes('system:masters') ? allow('') : noOpinion('');

export const alwaysAllow: Authorizer = () => allow('');

export const alwaysDeny: Authorizer = () => noOpinion('Everything is forbidden.');

export function allow(reason: string): Decision {
  return { kind: 'allow', reason };
}

export function noOpinion(reason: string): Decision {
  return { kind: 'no-opinion', reason };
}

/** The 403 body. Source: k8s.io/apiserver pkg/endpoints/handlers/responsewriters/errors.go, forbiddenMessage. */
export function forbidden(attributes: Attributes, reason: string): Failure {
  const tail = reason === '' ? '' : `: ${reason}`;
  if (attributes.kind === 'path') {
    return failure(403, `forbidden: ${cannot(attributes)}${tail}`, 'Forbidden', {});
  }
  const about: GroupResource = { group: attributes.group, resource: attributes.resource };
  const subject =
    attributes.name === '' ? resourceText(about) : `${resourceText(about)} "${attributes.name}"`;
  return failure(403, escapeHtml(`${subject} is forbidden: `) + cannot(attributes) + tail, 'Forbidden', {
    ...(attributes.name === '' ? {} : { name: attributes.name }),
    ...(attributes.group === '' ? {} : { group: attributes.group }),
    kind: attributes.resource,
  });
}

function cannot(attributes: Attributes): string {
  const who = `User "${escapeHtml(attributes.user.name)}" cannot ${attributes.verb}`;
  if (attributes.kind === 'path') return `${who} path "${escapeHtml(attributes.path)}"`;
  const resource =
    attributes.subresource === '' ? attributes.resource : `${attributes.resource}/${attributes.subresource}`;
  const where =
    attributes.namespace === ''
      ? 'at the cluster scope'
      : `in the namespace "${escapeHtml(attributes.namespace)}"`;
  return `${who} resource "${escapeHtml(resource)}" in API group "${escapeHtml(attributes.group)}" ${where}`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
