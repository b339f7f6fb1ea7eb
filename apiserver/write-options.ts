import { type Failure, type FieldError, invalid, isFailure } from '../api/failures';
import type { ApiRequest } from './api-request';
import { type Authorizer, authorize } from './authorize';
import { fieldManagerOf, validateFieldManager } from './field-manager';
import { fieldValidationOf } from './field-validation';
import type { WriteOptions } from './place';
import { mediaType } from './request-body';
import { isTrue } from './request-info';
import { addWarnings } from './warnings';

/** What a write is told besides its body: who writes, what else that user may do, and whether it is only a try. */
export function writeOptions(
  api: ApiRequest,
  authorizers: readonly Authorizer[],
): { readonly kind: 'write-options'; readonly options: WriteOptions } | Failure {
  const { info, query, request, response, user } = api;
  const dryRun = query.getAll('dryRun');
  const kind = optionsKinds[info.verb] ?? null;
  const errors = kind === null ? [] : writerErrors(api);
  if (dryRun.some((value) => value !== 'All')) errors.push(unsupportedDryRun(dryRun));
  if (errors.length > 0) return invalid({ group: 'meta.k8s.io', kind: kind ?? 'DeleteOptions' }, '', errors);
  const asked = fieldValidationOf(query, kind);
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
      fieldManager: fieldManagerOf(query, request.headers['user-agent'] ?? ''),
      force: isTrue(query.get('force')),
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

/** ValidatePatchOptions and its like (k8s.io/apimachinery pkg/apis/meta/v1/validation). */
function writerErrors({ info, query, request }: ApiRequest): FieldError[] {
  const manager = query.get('fieldManager') ?? '';
  const errors: FieldError[] = [];
  if (info.verb === 'patch') {
    const applies = mediaType(request.headers['content-type'] ?? '') === 'application/apply-patch+yaml';
    if (applies && manager === '') {
      const text = 'Required value: is required for apply patch';
      errors.push({ field: 'fieldManager', type: 'FieldValueRequired', text });
    }
    if (!applies && query.has('force')) {
      const text = 'Forbidden: may not be specified for non-apply patch';
      errors.push({ field: 'force', type: 'FieldValueForbidden', text });
    }
  }
  return [...errors, ...validateFieldManager(manager)];
}

function unsupportedDryRun(asked: readonly string[]): FieldError {
  const list = asked.map((value) => JSON.stringify(value)).join(', ');
  const text = `Unsupported value: []string{${list}}: supported values: "All"`;
  return { field: 'dryRun', type: 'FieldValueNotSupported', text };
}
