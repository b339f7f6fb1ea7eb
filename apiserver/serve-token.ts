import { isFailure, methodNotAllowed } from '../api/failures';
import { restrictNode } from './admission/node-restriction';
import { noteAnnotation, noteObject } from './answered-status';
import { type Answered, type ApiRequest, sendFailure, sendJson } from './api-request';
import { requestToken, type TokenIssuer } from './authentication/token-request';
import type { Authorizer } from './authorize';
import { decodeBody } from './decode-body';
import type { Cluster } from './place';
import type { ResourceKind } from './registry';
import { readBody } from './request-body';
import { addWarnings } from './warnings';
import { writeOptions } from './write-options';

/** POST to serviceaccounts/NAME/token. */
export async function serveToken(
  api: ApiRequest,
  kind: ResourceKind,
  cluster: Cluster,
  issuer: TokenIssuer,
  authorizers: readonly Authorizer[],
): Promise<Answered> {
  const { info, request, response } = api;
  if (info.verb !== 'create') return sendFailure(response, methodNotAllowed());
  const body = await readBody(request);
  if (!Buffer.isBuffer(body)) return sendFailure(response, body);
  const bodyKind = {
    ...kind,
    group: 'authentication.k8s.io',
    kind: 'TokenRequest',
    resource: 'tokenrequests',
  };
  const decoded = decodeBody(bodyKind, request.headers['content-type'] ?? '', body, 'Warn');
  if (isFailure(decoded)) return sendFailure(response, decoded);
  noteObject(request, decoded.object);
  const write = writeOptions(api, authorizers);
  if (isFailure(write)) return sendFailure(response, write);
  const { namespace, name } = info;
  const { object } = decoded;
  const asked = {
    operation: 'create',
    kind,
    subresource: 'token',
    namespace,
    name,
    object,
    current: null,
  } as const;
  const restricted = restrictNode(cluster, asked, write.options);
  if (restricted !== null) return sendFailure(response, restricted);
  const outcome = requestToken(cluster, issuer, { namespace, name }, object);
  if (outcome.kind !== 'issued') return sendFailure(response, outcome);
  // Source: pkg/registry/core/serviceaccount/storage/token.go, IssuedCredentialIDAuditAnnotationKey.
  noteAnnotation(request, 'authentication.kubernetes.io/issued-credential-id', `JTI=${outcome.tokenId}`);
  if (outcome.warning !== '') addWarnings(response, [outcome.warning]);
  return sendJson(response, 201, outcome.answer);
}
