import { describe, expect, test } from '@jest/globals';
import {
  alreadyExists,
  conflict,
  genericServerResponse,
  internalError,
  invalid,
  notFound,
  plainError,
} from './failures';

const pods = { group: '', resource: 'pods' };
const roles = { group: 'rbac.authorization.k8s.io', resource: 'roles' };

describe('failures in upstream words', () => {
  test.each([
    [notFound(pods, 'web'), 404, 'NotFound', 'pods "web" not found'],
    [notFound(roles, 'r'), 404, 'NotFound', 'roles.rbac.authorization.k8s.io "r" not found'],
    [alreadyExists(pods, 'web'), 409, 'AlreadyExists', 'pods "web" already exists'],
    [
      conflict(pods, 'web'),
      409,
      'Conflict',
      'Operation cannot be fulfilled on pods "web": the object has been modified; please apply your changes to the latest version and try again',
    ],
    [internalError('boom'), 500, 'InternalError', 'Internal error occurred: boom'],
    [plainError('EOF'), 500, undefined, 'EOF'],
  ])('%#: %j', (failure, code, reason, message) => {
    expect([failure.code, failure.reason, failure.message]).toEqual([code, reason, message]);
  });

  test('one field error stands alone, several in brackets', () => {
    const one = { field: 'spec.containers', type: 'FieldValueRequired' as const, text: 'Required value' };
    expect(invalid({ group: '', kind: 'Pod' }, 'x', [one]).message).toBe(
      'Pod "x" is invalid: spec.containers: Required value',
    );
    const other = { ...one, field: 'spec.volumes' };
    expect(invalid({ group: '', kind: 'Pod' }, 'x', [one, other]).message).toBe(
      'Pod "x" is invalid: [spec.containers: Required value, spec.volumes: Required value]',
    );
  });

  test('the same field error is said once and counted as often as it was found', () => {
    const one = { field: 'spec.containers', type: 'FieldValueRequired', text: 'Required value' } as const;
    const twice = invalid({ group: '', kind: 'Pod' }, 'x', [one, one]);
    expect(twice.message).toBe('Pod "x" is invalid: spec.containers: Required value');
    expect(twice.details?.causes).toHaveLength(2);
  });
});

describe('the generic server response for pods/log', () => {
  const about = { group: '', resource: 'pods/log' };
  const forLog = (code: number, serverMessage: string) =>
    genericServerResponse({ code, verb: '', about, name: 'p', serverMessage });

  test.each([
    [401, 'x', 'Unauthorized', 'the server has asked for the client to provide credentials ( pods/log p)'],
    [403, 'Forbidden (user=u)', 'Forbidden', 'Forbidden (user=u) ( pods/log p)'],
    [404, 'x', 'NotFound', 'the server could not find the requested resource ( pods/log p)'],
    [
      405,
      'x',
      'MethodNotAllowed',
      'the server does not allow this method on the requested resource ( pods/log p)',
    ],
    [422, 'x', 'Invalid', 'the server rejected our request due to an error in our request ( pods/log p)'],
    [
      429,
      'x',
      'TooManyRequests',
      'the server has received too many requests and has asked us to try again later ( pods/log p)',
    ],
    [503, 'x', 'ServiceUnavailable', 'the server is currently unable to handle the request ( pods/log p)'],
    [
      504,
      'x',
      'Timeout',
      'the server was unable to return a response in the time allotted, but may still be processing the request ( pods/log p)',
    ],
    [
      502,
      'bad "gateway"\n',
      'InternalError',
      'an error on the server ("bad \\"gateway\\"\\n") has prevented the request from succeeding ( pods/log p)',
    ],
    [
      599,
      'a\u0001\\u0041',
      'InternalError',
      'an error on the server ("a\\x01\\\\u0041") has prevented the request from succeeding ( pods/log p)',
    ],
    [
      302,
      'x',
      undefined,
      'the server responded with the status code 302 but did not return more information ( pods/log p)',
    ],
  ])('%i', (code, body, reason, message) => {
    const failure = forLog(code, body);
    expect([failure.code, failure.reason, failure.message]).toEqual([code, reason, message]);
    expect(failure.details).toEqual({ name: 'p', kind: 'pods/log' });
  });
});
