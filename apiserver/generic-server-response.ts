import { detailsOf, type Failure, type GroupResource, resourceText } from '../api/failures';
import { failure, type StatusReason } from '../api/status';
import { goQuote } from '../wire/go-quote';

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
