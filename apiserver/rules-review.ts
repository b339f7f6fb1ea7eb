import { badRequest, type Failure } from '../api/failures';
import type { PolicyRule } from '../api/objects';
import { nodeIdentity } from './authorization/node-identity';
import type { User } from './authorize';

/**
 * SelfSubjectRulesReview: what its asker may do, as far as the authorizers can say.
 * Source: pkg/registry/authorization/selfsubjectrulesreview/rest.go, k8s.io/apiserver pkg/authorization/union/union.go,
 * plugin/pkg/auth/authorizer/{rbac/rbac.go,node/node_authorizer.go}.
 */
export interface ResolvedRules {
  readonly rules: readonly PolicyRule[];
  readonly incomplete: boolean;
  readonly error: string;
}

export type RuleResolver = (user: User, namespace: string) => ResolvedRules;

export const everyRule: RuleResolver = () => ({
  rules: [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['*'], nonResourceURLs: ['*'] },
  ],
  incomplete: false,
  error: '',
});

export const nodeRulesUnknown: RuleResolver = (user) =>
  nodeIdentity(user) !== null
    ? { rules: [], incomplete: true, error: 'node authorizer does not support user rule resolution' }
    : { rules: [], incomplete: false, error: '' };

export function rulesStatus(
  resolvers: readonly RuleResolver[],
  user: User,
  namespace: string,
): { readonly kind: 'rules'; readonly status: object } | Failure {
  if (namespace === '') return badRequest('no namespace on request');
  const resolved = resolvers.map((resolve) => resolve(user, namespace));
  const rules = resolved.flatMap((each) => each.rules);
  const errors = resolved.map(({ error }) => error).filter((error) => error !== '');
  const isPath = ({ nonResourceURLs = [] }: PolicyRule): boolean => nonResourceURLs.length > 0;
  return {
    kind: 'rules',
    status: {
      resourceRules: rules
        .filter((rule) => !isPath(rule))
        .map(({ verbs, apiGroups, resources, resourceNames }) => ({
          verbs,
          ...(apiGroups === undefined ? {} : { apiGroups }),
          ...(resources === undefined ? {} : { resources }),
          ...(resourceNames === undefined ? {} : { resourceNames }),
        })),
      nonResourceRules: rules
        .filter(isPath)
        .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
      incomplete: resolved.some((each) => each.incomplete),
      ...(errors.length === 0
        ? {}
        : { evaluationError: errors.length === 1 ? errors.join('') : `[${errors.join(', ')}]` }),
    },
  };
}
