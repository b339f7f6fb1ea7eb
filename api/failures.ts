import { failure, type Status, type StatusCause, type StatusReason } from './status';

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
function detailsOf(about: GroupResource, name: string) {
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

const modified =
  'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(about: GroupResource, name: string, why = modified): Failure {
  return failure(
    409,
    `Operation cannot be fulfilled on ${resourceText(about)} "${name}": ${why}`,
    'Conflict',
    detailsOf(about, name),
  );
}

/** errors.NewForbidden, as admission refuses. */
export function forbiddenObject(about: GroupResource, name: string, why: string): Failure {
  return failure(
    403,
    `${resourceText(about)} "${name}" is forbidden: ${why}`,
    'Forbidden',
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

export function notAcceptable(accepted: readonly string[]): Failure {
  const list = accepted.join(', ');
  return failure(406, `only the following media types are accepted: ${list}`, 'NotAcceptable');
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
  readonly type:
    | 'FieldValueDuplicate'
    | 'FieldValueForbidden'
    | 'FieldValueInvalid'
    | 'FieldValueNotFound'
    | 'FieldValueNotSupported'
    | 'FieldValueRequired'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'FieldValueTypeInvalid'
    | 'InternalError';
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
  // The sentence says each once (ErrorList.ToAggregate), the causes name them all.
  const lines = [...new Set(errors.map((error) => `${error.field}: ${error.text}`))];
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

/**
 * errors.NewGenericServerResponse: what Go makes of an HTTP answer whose body is not a Status. The verb may be empty,
 * which leaves a blank after the parenthesis; that blank is real.
 */
export function genericServerResponse(answer: {
  readonly code: number;
  readonly verb: string;
  readonly about: GroupResource;
  readonly name: string;
  readonly serverMessage: string;
}): Failure {
  const { code, verb, about, name, serverMessage } = answer;
  const known = genericWords(code, verb, serverMessage);
  const resource = resourceText(about);
  let message = known.message;
  if (resource !== '' && name !== '') message += ` (${verb.toLowerCase()} ${resource} ${name})`;
  else if (resource !== '') message += ` (${verb.toLowerCase()} ${resource})`;
  return failure(code, message, known.reason, detailsOf(about, name));
}

function genericWords(
  code: number,
  verb: string,
  serverMessage: string,
): { message: string; reason?: StatusReason } {
  switch (code) {
    case 400:
      return { reason: 'BadRequest', message: 'the server rejected our request for an unknown reason' };
    case 401:
      return {
        reason: 'Unauthorized',
        message: 'the server has asked for the client to provide credentials',
      };
    case 403:
      return { reason: 'Forbidden', message: serverMessage };
    case 404:
      return { reason: 'NotFound', message: 'the server could not find the requested resource' };
    case 405:
      return {
        reason: 'MethodNotAllowed',
        message: 'the server does not allow this method on the requested resource',
      };
    case 406:
      return {
        reason: 'NotAcceptable',
        message:
          serverMessage === '' || serverMessage === 'unknown'
            ? 'the server was unable to respond with a content type that the client supports'
            : serverMessage,
      };
    case 409:
      return {
        reason: verb === 'POST' ? 'AlreadyExists' : 'Conflict',
        message: 'the server reported a conflict',
      };
    case 415:
      return { reason: 'UnsupportedMediaType', message: serverMessage };
    case 422:
      return { reason: 'Invalid', message: 'the server rejected our request due to an error in our request' };
    case 429:
      return {
        reason: 'TooManyRequests',
        message: 'the server has received too many requests and has asked us to try again later',
      };
    case 503:
      return {
        reason: 'ServiceUnavailable',
        message: 'the server is currently unable to handle the request',
      };
    case 504:
      return {
        reason: 'Timeout',
        message:
          'the server was unable to return a response in the time allotted, but may still be processing the request',
      };
  }
  if (code >= 500) {
    return {
      reason: 'InternalError',
      message: `an error on the server (${goQuote(serverMessage)}) has prevented the request from succeeding`,
    };
  }
  return {
    message: `the server responded with the status code ${code} but did not return more information`,
  };
}

/** Go's %q, for what occurs in answers; the whole rule is in wire/go-quote.ts, which this folder must not know. */
function goQuote(text: string): string {
  return JSON.stringify(text).replace(/\\(?:u00([0-9a-f]{2})|.)/g, (escaped, hex?: string) =>
    hex === undefined ? escaped : `\\x${hex}`,
  );
}
