import {
  badRequest,
  type Failure,
  type FieldError,
  internalError,
  invalid,
  isFailure,
} from '../api/failures';
import { type Fields, fieldsOf, isFields, itemsOf, textOf, textsOf } from '../api/fields';
import type { KubeObject } from '../api/objects';
import type { FieldTerm } from '../api/selectors';
import { type AuthenticatorOptions, authenticate } from './authenticate';
import { sharedAudiences } from './authentication/token-verdict';
import { type Attributes, type Authorizer, authorize, fieldTermsOf, type User } from './authorize';
import type { ResourceKind } from './registry';
import { type RuleResolver, rulesStatus } from './rules-review';
import { GoSyntax, invalidValue } from './validation/field-errors';

/**
 * The review kinds: an object comes in with a question in its spec and goes back with the answer in its status.
 * Source: pkg/registry/authorization/<kind>/rest.go, pkg/registry/authentication/{tokenreview,selfsubjectreview},
 * pkg/apis/authorization/validation/validation.go.
 */
export interface ReviewContext {
  readonly user: User;
  /** Of the URL. */
  readonly namespace: string;
  readonly authorizers: readonly Authorizer[];
  readonly ruleResolvers: readonly RuleResolver[];
  readonly authenticator: AuthenticatorOptions;
}

export function answerReview(
  kind: ResourceKind,
  review: KubeObject,
  context: ReviewContext,
): KubeObject | Failure {
  const spec = fieldsOf(review['spec']);
  const { user, authorizers } = context;
  switch (kind.kind) {
    case 'TokenReview':
      return withStatus(review, tokenStatus(spec, context.authenticator));
    case 'SelfSubjectReview':
      return { ...review, status: { userInfo: userInfo(user) } };
    case 'SelfSubjectRulesReview': {
      const answer = rulesStatus(context.ruleResolvers, user, textOf(spec['namespace']));
      return answer.kind === 'rules' ? { ...review, status: answer.status } : answer;
    }
  }
  const misplaced = kind.namespaced ? placeInNamespace(review, context.namespace) : null;
  if (misplaced !== null) return misplaced;
  const own = kind.kind === 'SelfSubjectAccessReview';
  const errors = [...specErrors(spec, own), ...metadataErrors(kind, review)];
  // The kind is empty: upstream asks an object that was decoded into its internal version, which has none.
  if (errors.length > 0) return invalid({ group: kind.group, kind: '' }, '', errors);
  return { ...review, status: accessStatus(spec, own ? user : subjectOf(spec), authorizers) };
}

function withStatus(review: KubeObject, status: object | Failure): KubeObject | Failure {
  return 'kind' in status && isFailure(status as Failure) ? (status as Failure) : { ...review, status };
}

/** The reason is given here, unlike in the 401 that the same token would get. */
function tokenStatus(
  spec: Readonly<Record<string, unknown>>,
  authenticator: AuthenticatorOptions,
): object | Failure {
  const token = textOf(spec['token']);
  if (token === '') return badRequest('token is required for TokenReview in authentication');
  const asked = textsOf(spec['audiences']);
  const audiences = asked.length === 0 ? (authenticator.audiences ?? []) : asked;
  const outcome = authenticate(
    { certificates: [], authorization: `Bearer ${token}` },
    { ...authenticator, audiences },
  );
  if (outcome.kind === 'unauthenticated') {
    const { reasons } = outcome;
    return { user: {}, error: reasons.length === 1 ? reasons.join('') : `[${reasons.join(', ')}]` };
  }
  const shared = sharedAudiences(outcome.audiences ?? [], audiences);
  if (shared.length === 0)
    return internalError('authenticator returned audiences that are not a subset of requested audiences');
  return { authenticated: true, user: userInfo(outcome.user), audiences: shared };
}

export function userInfo(user: User): object {
  return {
    username: user.name,
    ...(user.uid === undefined || user.uid === '' ? {} : { uid: user.uid }),
    ...(user.groups.length === 0 ? {} : { groups: user.groups }),
    ...(user.extra === undefined ? {} : { extra: user.extra }),
  };
}

function placeInNamespace({ metadata }: KubeObject, namespace: string): Failure | null {
  if (namespace === '') return badRequest(`namespace is required on this type: ${namespace}`);
  if (metadata.namespace === undefined || metadata.namespace === '') metadata.namespace = namespace;
  return metadata.namespace === namespace
    ? null
    : badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

function specErrors(spec: Readonly<Record<string, unknown>>, own: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const [resource, path] = [spec['resourceAttributes'], spec['nonResourceAttributes']];
  if (isFields(resource) && isFields(path)) {
    const why = 'cannot be specified in combination with resourceAttributes';
    errors.push(invalidValue('spec.nonResourceAttributes', nonResourceText(path), why));
  }
  if (!isFields(resource) && !isFields(path)) {
    const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    errors.push(invalidValue('spec.resourceAttributes', 'null', why));
  }
  if (!own && textOf(spec['user']) === '' && textsOf(spec['groups']).length === 0) {
    errors.push(invalidValue('spec.user', '', 'at least one of user or group must be specified'));
  }
  return errors;
}

function nonResourceText(path: Readonly<Record<string, unknown>>): GoSyntax {
  const [at, verb] = [JSON.stringify(textOf(path['path'])), JSON.stringify(textOf(path['verb']))];
  return new GoSyntax(`authorization.NonResourceAttributes{Path:${at}, Verb:${verb}}`);
}

/** These objects have no names: only LocalSubjectAccessReview has a namespace. */
function metadataErrors(kind: ResourceKind, { metadata, spec }: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const { name, generateName = '', namespace = '' } = metadata;
  if (name !== '' || generateName !== '' || (namespace !== '' && !kind.namespaced)) {
    const text = `v1.ObjectMeta{Name:${JSON.stringify(name)}, GenerateName:${JSON.stringify(generateName)}, Namespace:${JSON.stringify(namespace)}}`;
    errors.push(invalidValue('metadata', new GoSyntax(text), 'must be empty'));
  }
  const { resourceAttributes, nonResourceAttributes } = fieldsOf(spec);
  if (!kind.namespaced) return errors;
  const asked = textOf(fieldsOf(resourceAttributes)['namespace']);
  if (isFields(resourceAttributes) && asked !== namespace)
    errors.push(invalidValue('spec.resourceAttributes.namespace', asked, 'must match metadata.namespace'));
  if (isFields(nonResourceAttributes)) {
    const text = nonResourceText(nonResourceAttributes);
    errors.push(invalidValue('spec.nonResourceAttributes', text, 'disallowed on this kind of request'));
  }
  return errors;
}

function accessStatus(
  spec: Readonly<Record<string, unknown>>,
  user: User,
  authorizers: readonly Authorizer[],
): object {
  const decision = authorize(authorizers, questionOf(spec, user));
  return {
    allowed: decision.kind === 'allow',
    ...(decision.kind === 'deny' ? { denied: true } : {}),
    ...(decision.reason === '' ? {} : { reason: decision.reason }),
  };
}

function questionOf(spec: Readonly<Record<string, unknown>>, user: User): Attributes {
  if (isFields(spec['nonResourceAttributes'])) {
    const { verb, path } = spec['nonResourceAttributes'];
    return { kind: 'path', user, verb: textOf(verb), path: textOf(path) };
  }
  const resource = fieldsOf(spec['resourceAttributes']);
  return {
    kind: 'resource',
    user,
    verb: textOf(resource['verb']),
    group: textOf(resource['group']),
    resource: textOf(resource['resource']),
    subresource: textOf(resource['subresource']),
    namespace: textOf(resource['namespace']),
    name: textOf(resource['name']),
    fieldTerms: selectedFields(fieldsOf(resource['fieldSelector'])),
  };
}

/** Of its operators a field selector knows two, of one value each (pkg/registry/authorization/util/helpers.go). */
function selectedFields({ rawSelector, requirements }: Fields): readonly FieldTerm[] {
  if (textOf(rawSelector) !== '') return fieldTermsOf(textOf(rawSelector));
  return itemsOf(requirements).flatMap(({ key, operator, values }) => {
    const [value, ...others] = textsOf(values);
    if (value === undefined || others.length > 0 || (operator !== 'In' && operator !== 'NotIn')) return [];
    return [{ field: textOf(key), equal: operator === 'In', value }];
  });
}

function subjectOf(spec: Readonly<Record<string, unknown>>): User {
  const uid = textOf(spec['uid']);
  return {
    name: textOf(spec['user']),
    groups: textsOf(spec['groups']),
    ...(uid === '' ? {} : { uid }),
  };
}
