import { failure, type Status, type StatusCause } from './status';

/**
 * The failures an apiserver answers with, in upstream's words. Source: k8s.io/apimachinery pkg/api/errors/errors.go;
 * a client shows these sentences to its user, so they are kept to the letter.
 */
export type Failure = Status & { readonly code: number };

/** What an error is about: the plural resource and its API group ('' is core). */
export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

/** `pods`, `deployments.apps`: schema.GroupResource.String. */
export function resourceText(about: GroupResource): string {
  return about.group === '' ? about.resource : `${about.resource}.${about.group}`;
}

/** What a Status says about its object; the kind is the resource's plural. */
export function detailsOf(about: GroupResource, name: string) {
  return {
    ...(name === '' ? {} : { name }),
    ...(about.group === '' ? {} : { group: about.group }),
    ...(about.resource === '' ? {} : { kind: about.resource }),
  };
}

export function isFailure(value: { kind: string }): value is Failure {
  return value.kind === 'Status' && 'status' in value && value.status === 'Failure';
}

export function notFound(about: GroupResource, name: string): Failure {
  return failure(404, `${resourceText(about)} "${name}" not found`, 'NotFound', detailsOf(about, name));
}

/** The answer of a mux that has no such path: the generic server response without a resource. */
export function noSuchResource(): Failure {
  return failure(404, 'the server could not find the requested resource', 'NotFound', {});
}

export function alreadyExists(about: GroupResource, name: string): Failure {
  return failure(
    409,
    `${resourceText(about)} "${name}" already exists`,
    'AlreadyExists',
    detailsOf(about, name),
  );
}

export function conflict(about: GroupResource, name: string): Failure {
  const why = 'the object has been modified; please apply your changes to the latest version and try again';
  return failure(
    409,
    `Operation cannot be fulfilled on ${resourceText(about)} "${name}": ${why}`,
    'Conflict',
    detailsOf(about, name),
  );
}

export function badRequest(message: string): Failure {
  return failure(400, message, 'BadRequest');
}

export function unauthorized(): Failure {
  return failure(401, 'Unauthorized', 'Unauthorized');
}

export function methodNotAllowed(): Failure {
  return failure(
    405,
    'the server does not allow this method on the requested resource',
    'MethodNotAllowed',
    {},
  );
}

export function unsupportedMediaType(accepted: readonly string[]): Failure {
  const list = accepted.join(', ');
  return failure(
    415,
    `the body of the request was in an unknown format - accepted media types include: ${list}`,
    'UnsupportedMediaType',
  );
}

export function entityTooLarge(limit: number): Failure {
  return failure(413, `Request entity too large: limit is ${limit}`, 'RequestEntityTooLarge');
}

/** errors.NewInternalError: the reason, and the text once more as a cause. */
export function internalError(text: string): Failure {
  return failure(500, `Internal error occurred: ${text}`, 'InternalError', { causes: [{ message: text }] });
}

/** A Go error that carries no Status: 500 with nothing but its text (responsewriters/status.go). */
export function plainError(text: string): Failure {
  return failure(500, text);
}

export function serviceUnavailable(text: string): Failure {
  return failure(503, text, 'ServiceUnavailable');
}

export function expired(message: string): Failure {
  return failure(410, message, 'Expired');
}

export interface FieldError {
  readonly field: string;
  readonly type: 'FieldValueRequired' | 'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueDuplicate';
  /** From `Required value` / `Invalid value: "x": …` on. */
  readonly text: string;
}

/** errors.NewInvalid: several field errors are joined in square brackets, one stands alone. */
export function invalid(
  about: { group: string; kind: string },
  name: string,
  errors: readonly FieldError[],
): Failure {
  const qualified = about.group === '' ? about.kind : `${about.kind}.${about.group}`;
  const lines = errors.map((error) => `${error.field}: ${error.text}`);
  const causes: StatusCause[] = errors.map((error) => ({
    reason: error.type,
    message: error.text,
    field: error.field,
  }));
  const said = lines.length === 1 ? lines.join('') : `[${lines.join(', ')}]`;
  return failure(422, `${qualified} "${name}" is invalid: ${said}`, 'Invalid', {
    ...(name === '' ? {} : { name }),
    ...(about.group === '' ? {} : { group: about.group }),
    kind: about.kind,
    causes,
  });
}
