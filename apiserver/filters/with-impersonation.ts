import { rawHeaders, sendFailure, sendText } from '../api-request';
import { removeCredentials } from '../authentication/remove-credentials';
import type { Authorizer } from '../authorize';
import { impersonate } from '../impersonate';
import type { Filter } from './locals';

/** Whoever is behind this filter sees only the user that counts, and no credential of any. Source: impersonation.go. */
export function withImpersonation(authorizers: readonly Authorizer[]): Filter {
  return (request, response, next) => {
    const { locals } = response;
    const outcome = impersonate(rawHeaders(request), locals.user, authorizers);
    removeCredentials(request);
    switch (outcome.kind) {
      case 'none':
        next();
        return;
      case 'impersonated':
        locals.user = outcome.user;
        locals.audit.impersonated(outcome.user);
        next();
        return;
      case 'refused':
        sendFailure(response, outcome.failure);
        return;
      case 'malformed': {
        const text = `Internal Server Error: ${JSON.stringify(request.url)}: ${outcome.text}\n`;
        response.setHeader('x-content-type-options', 'nosniff');
        sendText(response, 500, 'text/plain; charset=utf-8', text);
        return;
      }
    }
    outcome satisfies never;
  };
}
