import type { IncomingMessage } from 'node:http';
import { unauthorized } from '../../api/failures';
import type { Host } from '../../network/network';
import type { SecureConnection } from '../../network/secure';
import { sendFailure } from '../api-request';
import type { Authentication } from '../authenticate';
import { attributesOf } from '../authorize';
import type { Filter } from './locals';

export type Login = (request: IncomingMessage, client: SecureConnection) => Authentication;

/** Source: k8s.io/apiserver pkg/endpoints/filters/authentication.go. */
export function withAuthentication(login: Login, host: Host): Filter {
  return (request, response, next) => {
    const { client, info, audit } = response.locals;
    const outcome = login(request, client);
    if (outcome.kind === 'unauthenticated') {
      const nobody = attributesOf(info, { name: '', groups: [] });
      audit.refuseUnauthenticated(nobody, request.headers.authorization ?? '');
      sendFailure(response, unauthorized());
      return;
    }
    const { user, annotations = {} } = outcome;
    for (const [key, value] of Object.entries(annotations)) audit.annotate(key, value);
    response.locals.user = user;
    host.timeline.record(host.name, client.connection.id, 'request-received', {
      user: user.name,
      method: request.method,
      path: request.url,
    });
    next();
  };
}
