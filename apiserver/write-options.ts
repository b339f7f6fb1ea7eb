import { badRequest, type Failure } from '../api/failures';
import type { ApiRequest } from './api-request';
import { type Authorizer, authorize } from './authorize';
import type { WriteOptions } from './place';

/** What a write is told besides its body: who writes, what else that user may do, and whether it is only a try. */
export function writeOptions(
  { query, user }: ApiRequest,
  authorizers: readonly Authorizer[],
): { readonly kind: 'write-options'; readonly options: WriteOptions } | Failure {
  const dryRun = query.getAll('dryRun');
  if (dryRun.some((value) => value !== 'All'))
    return badRequest(`Invalid value for dryRun: ${dryRun.join(', ')}`);
  const allows: WriteOptions['allows'] = ({ verb, group, resource, name }) =>
    authorize(authorizers, {
      kind: 'resource',
      user,
      verb,
      group,
      resource,
      name,
      namespace: '',
      subresource: '',
    }).kind === 'allow';
  return { kind: 'write-options', options: { dryRun: dryRun.length > 0, user, allows } };
}
