import { sendFailure } from '../api-request';
import { type Authorizer, attributesOf, authorize, forbidden } from '../authorize';
import type { Filter } from './locals';

/** Source: k8s.io/apiserver pkg/endpoints/filters/authorization.go. */
export function withAuthorization(authorizers: readonly Authorizer[]): Filter {
  return (_request, response, next) => {
    const { info, user, audit } = response.locals;
    const attributes = attributesOf(info, user);
    const decision = authorize(authorizers, attributes);
    const allowed = decision.kind === 'allow';
    audit.annotate('authorization.k8s.io/decision', allowed ? 'allow' : 'forbid');
    audit.annotate('authorization.k8s.io/reason', decision.reason);
    if (allowed) next();
    else sendFailure(response, forbidden(attributes, decision.reason));
  };
}
