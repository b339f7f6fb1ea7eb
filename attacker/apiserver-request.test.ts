import { describe, expect, test } from '@jest/globals';
import { type ApiRequest, isApiPath, kindOf, readApiRequest } from './apiserver-request';

const nothing: ApiRequest = {
  apiVersion: 'v1',
  namespace: null,
  resource: '',
  name: null,
  subresource: null,
  watch: false,
  fieldSelector: '',
};

describe('a request to an apiserver', () => {
  test.each<[path: string, about: Partial<ApiRequest>]>([
    ['/api/v1', {}],
    ['/api/v1/', {}],
    ['/api/v1/nodes', { resource: 'nodes' }],
    ['/api/v1/nodes/node-1/status', { resource: 'nodes', name: 'node-1', subresource: 'status' }],
    ['/api/v1/namespaces', { resource: 'namespaces' }],
    ['/api/v1/namespaces/a', { resource: 'namespaces', name: 'a' }],
    ['/api/v1/namespaces/a/status', { resource: 'namespaces', name: 'a', subresource: 'status' }],
    ['/api/v1/namespaces/a/finalize', { resource: 'namespaces', name: 'a', subresource: 'finalize' }],
    ['/api/v1/namespaces/a/pods', { namespace: 'a', resource: 'pods' }],
    ['/api/v1/namespaces/a/pods/b/log', { namespace: 'a', resource: 'pods', name: 'b', subresource: 'log' }],
    ['/apis/apps/v1/deployments', { apiVersion: 'apps/v1', resource: 'deployments' }],
    [
      '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/x',
      { apiVersion: 'coordination.k8s.io/v1', namespace: 'kube-system', resource: 'leases', name: 'x' },
    ],
    [
      '/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-1&limit=500',
      { resource: 'pods', fieldSelector: 'spec.nodeName=node-1' },
    ],
  ])('%s is about %j', (path, about) => {
    expect(readApiRequest(path)).toEqual({ ...nothing, ...about });
  });

  test.each([
    ['watch=true', true],
    ['watch=1', true],
    ['watch', true],
    ['watch=yes', true],
    ['watch=false', false],
    ['watch=False', false],
    ['watch=0', false],
    ['limit=500', false],
  ])('with ?%s is a watch: %p', (query, watch) => {
    expect(readApiRequest(`/api/v1/pods?${query}`)).toMatchObject({ watch });
  });

  test.each(['/api', '/apis', '/apis/apps', '/', '', '/pods', '/metrics', '/version', '/apiary/v1/pods'])(
    '%p is for no object of it',
    (path) => {
      expect(readApiRequest(path)).toBeNull();
    },
  );

  test('reads a path of nothing but slashes in no time', () => {
    const began = performance.now();
    expect(readApiRequest(`${'/'.repeat(250_000)}api`)).toBeNull();
    expect(performance.now() - began).toBeLessThan(1000);
  });

  test.each([
    ['/api', true],
    ['/api?timeout=32s', true],
    ['/apis/apps/v1', true],
    ['/apiserver', false],
    ['/pods', false],
  ])('%s begins where its API does: %p', (path, is) => {
    expect(isApiPath(path)).toBe(is);
  });

  test.each(['__proto__', 'constructor', 'toString', 'pods/log', ''])('%p is the name of no kind', (name) => {
    expect(kindOf(name)).toBeNull();
  });
});
