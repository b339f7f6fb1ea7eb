import { badRequest, type Failure, isFailure } from '../api/failures';
import type { ApiRequest } from './api-request';
import { type Authorizer, authorize } from './authorize';
import { fieldValidationOf } from './field-validation';
import type { WriteOptions } from './place';
import { addWarnings } from './warnings';

/** What a write is told besides its body: who writes, what else that user may do, and whether it is only a try. */
export function writeOptions(
  { info, query, response, user }: ApiRequest,
  authorizers: readonly Authorizer[],
): { readonly kind: 'write-options'; readonly options: WriteOptions } | Failure {
  const dryRun = query.getAll('dryRun');
  if (dryRun.some((value) => value !== 'All'))
    return badRequest(`Invalid value for dryRun: ${dryRun.join(', ')}`);
  const asked = fieldValidationOf(query, optionsKinds[info.verb] ?? null);
  if (isFailure(asked)) return asked;
  const allows: WriteOptions['allows'] = ({ verb, group, resource, name, namespace = '' }) =>
    authorize(authorizers, {
      kind: 'resource',
      user,
      verb,
      group,
      resource,
      name,
      namespace,
      subresource: '',
    }).kind === 'allow';
  return {
    kind: 'write-options',
    options: {
      dryRun: dryRun.length > 0,
      fieldValidation: asked.validation,
      warn: (texts) => addWarnings(response, texts),
      user,
      allows,
    },
  };
}

/** The kinds of the query parameters that have a fieldValidation. */
const optionsKinds: Readonly<Record<string, string>> = {
  create: 'CreateOptions',
  update: 'UpdateOptions',
  patch: 'PatchOptions',
};
