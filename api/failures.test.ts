import { describe, expect, test } from '@jest/globals';
import {
  alreadyExists,
  conflict,
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
    expect(invalid({ group: '', kind: 'Pod' }, 'x', [one, one]).message).toBe(
      'Pod "x" is invalid: [spec.containers: Required value, spec.containers: Required value]',
    );
  });
});
