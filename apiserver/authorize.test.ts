import { describe, expect, test } from '@jest/globals';
import {
  allow,
  allowMasters,
  alwaysAllow,
  alwaysDeny,
  attributesOf,
  authorize,
  forbidden,
  noOpinion,
  type User,
} from './authorize';
import { requestInfo } from './request-info';

const user: User = { name: 'u', groups: [] };

function attributes(method: string, path: string, who: User = user) {
  const info = requestInfo(method, path);
  if (info === null) throw new Error('malformed');
  return attributesOf(info, who);
}

describe('the chain', () => {
  const asked = attributes('GET', '/api/v1/pods');
  test('stops at the first opinion', () => {
    expect(authorize([() => noOpinion('a'), () => allow('yes'), alwaysDeny], asked)).toEqual(allow('yes'));
    expect(authorize([() => ({ kind: 'deny', reason: 'no' }), alwaysAllow], asked)).toEqual({
      kind: 'deny',
      reason: 'no',
    });
  });

  test('denies with all reasons when nobody has an opinion', () => {
    expect(authorize([() => noOpinion('a'), () => noOpinion(''), () => noOpinion('b')], asked)).toEqual(
      noOpinion('a\nb'),
    );
    expect(authorize([], asked).kind).toBe('no-opinion');
  });

  test('lets system:masters do everything, in front of every mode', () => {
    const master = attributes('DELETE', '/api/v1/nodes/n', { name: 'x', groups: ['system:masters'] });
    expect(authorize([allowMasters, alwaysDeny], master).kind).toBe('allow');
    expect(authorize([allowMasters, alwaysDeny], asked)).toEqual(noOpinion('Everything is forbidden.'));
  });
});

describe('the 403', () => {
  test.each([
    [
      'GET',
      '/api/v1/namespaces/ns/pods/x',
      'pods "x" is forbidden: User "u" cannot get resource "pods" in API group "" in the namespace "ns"',
    ],
    [
      'GET',
      '/api/v1/namespaces/ns/pods',
      'pods is forbidden: User "u" cannot list resource "pods" in API group "" in the namespace "ns"',
    ],
    [
      'GET',
      '/api/v1/nodes/n',
      'nodes "n" is forbidden: User "u" cannot get resource "nodes" in API group "" at the cluster scope',
    ],
    [
      'POST',
      '/api/v1/namespaces/ns/pods/x/exec',
      'pods "x" is forbidden: User "u" cannot create resource "pods/exec" in API group "" in the namespace "ns"',
    ],
    [
      'GET',
      '/apis/apps/v1/namespaces/ns/deployments',
      'deployments.apps is forbidden: User "u" cannot list resource "deployments" in API group "apps" in the namespace "ns"',
    ],
    ['GET', '/', 'forbidden: User "u" cannot get path "/"'],
  ])('%s %s', (method, path, message) => {
    expect(forbidden(attributes(method, path), '').message).toBe(message);
  });

  test('carries the reason behind a colon and escapes what a user wrote', () => {
    const evil = attributes('GET', '/api/v1/nodes', { name: '<b>&', groups: [] });
    expect(forbidden(evil, 'because').message).toBe(
      'nodes is forbidden: User "&lt;b&gt;&amp;" cannot list resource "nodes" in API group "" at the cluster scope: because',
    );
  });

  test('has details with the resource as kind, and none for a path', () => {
    expect(forbidden(attributes('GET', '/apis/apps/v1/namespaces/ns/deployments/d'), '').details).toEqual({
      name: 'd',
      group: 'apps',
      kind: 'deployments',
    });
    expect(forbidden(attributes('GET', '/metrics'), '').details).toEqual({});
  });
});
