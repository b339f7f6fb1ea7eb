import { describe, expect, test } from '@jest/globals';
import { isTrue, requestInfo } from './request-info';

/** group/version namespace resource/subresource name, as far as there is any. */
function summary(method: string, path: string, query = ''): string {
  const info = requestInfo(method, path, query);
  if (info === null) return 'null';
  if (!info.isResourceRequest) return `${info.verb} ${info.path}`;
  const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`;
  return [
    info.verb,
    info.apiGroup || 'core',
    info.apiVersion,
    info.namespace || '-',
    resource,
    info.name || '-',
  ].join(' ');
}

describe('requestInfo', () => {
  test.each([
    ['GET', '/api/v1/pods', '', 'list core v1 - pods -'],
    ['HEAD', '/api/v1/pods', '', 'list core v1 - pods -'],
    ['GET', '/api/v1/namespaces/ns/pods', '', 'list core v1 ns pods -'],
    ['GET', '/api/v1/namespaces/ns/pods', 'watch=true', 'watch core v1 ns pods -'],
    ['GET', '/api/v1/namespaces/ns/pods', 'watch=', 'watch core v1 ns pods -'],
    ['GET', '/api/v1/namespaces/ns/pods', 'watch=false', 'list core v1 ns pods -'],
    ['GET', '/api/v1/namespaces/ns/pods', 'watch=0', 'list core v1 ns pods -'],
    ['GET', '/api/v1/namespaces/ns/pods/web', '', 'get core v1 ns pods web'],
    ['GET', '/api/v1/namespaces/ns/pods/web', 'watch=true', 'get core v1 ns pods web'],
    ['POST', '/api/v1/namespaces/ns/pods', '', 'create core v1 ns pods -'],
    ['PUT', '/api/v1/namespaces/ns/pods/web', '', 'update core v1 ns pods web'],
    ['PATCH', '/api/v1/namespaces/ns/pods/web', '', 'patch core v1 ns pods web'],
    ['DELETE', '/api/v1/namespaces/ns/pods/web', '', 'delete core v1 ns pods web'],
    ['DELETE', '/api/v1/namespaces/ns/pods', '', 'deletecollection core v1 ns pods -'],
    ['GET', '/api/v1/namespaces/ns/pods/web/log', '', 'get core v1 ns pods/log web'],
    ['GET', '/api/v1/namespaces/ns/pods/web/exec', '', 'get core v1 ns pods/exec web'],
    ['POST', '/api/v1/namespaces/ns/pods/web/exec', '', 'create core v1 ns pods/exec web'],
    ['GET', '/api/v1/nodes/n1/proxy/pods/x', '', 'get core v1 - nodes/proxy n1'],
    ['OPTIONS', '/api/v1/nodes/n1/proxy/', '', ' core v1 - nodes/proxy n1'],
    [
      'GET',
      '/api/v1/namespaces/ns/services/https:web:443/proxy/',
      '',
      'get core v1 ns services/proxy https:web:443',
    ],
    [
      'GET',
      '/api/v1/namespaces/ns/services/https%3Aweb%3A443/proxy/',
      '',
      'get core v1 ns services/proxy https:web:443',
    ],
    ['GET', '/api/v1/namespaces', '', 'list core v1 - namespaces -'],
    ['GET', '/api/v1/namespaces/ns', '', 'get core v1 ns namespaces ns'],
    ['PUT', '/api/v1/namespaces/ns/status', '', 'update core v1 ns namespaces/status ns'],
    ['PUT', '/api/v1/namespaces/ns/finalize', '', 'update core v1 ns namespaces/finalize ns'],
    [
      'GET',
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/x',
      '',
      'get rbac.authorization.k8s.io v1 - clusterroles x',
    ],
    [
      'GET',
      '/apis/coordination.k8s.io/v1/namespaces/ns/leases',
      '',
      'list coordination.k8s.io v1 ns leases -',
    ],
    ['GET', '/api/v1/watch/pods', '', 'watch core v1 - pods -'],
    ['GET', '/api/v1/secrets', 'fieldSelector=metadata.name%3Dx', 'list core v1 - secrets x'],
    ['GET', '/api/v1/secrets', 'fieldSelector=metadata.name%3Dx&watch=1', 'watch core v1 - secrets x'],
    ['GET', '/api/v1/secrets', 'fieldSelector=metadata.name%21%3Dx', 'list core v1 - secrets -'],
    ['GET', '/', '', 'get /'],
    ['GET', '/api', '', 'get /api'],
    ['GET', '/api/v1', '', 'get /api/v1'],
    ['GET', '/apis/apps/v1', '', 'get /apis/apps/v1'],
    ['POST', '/healthz/ping', '', 'post /healthz/ping'],
    ['GET', '/other/v1/pods', '', 'get /other/v1/pods'],
    ['GET', '/api/v1/%zz', '', 'null'],
  ])('%s %s %s', (method, path, query, expected) => {
    expect(summary(method, path, query)).toBe(expected);
  });

  test('keeps what stands behind the subresource', () => {
    expect(requestInfo('GET', '/api/v1/nodes/n1/proxy/a//b/')?.parts).toEqual([
      'nodes',
      'n1',
      'proxy',
      'a',
      '',
      'b',
    ]);
  });
});

test.each([
  [null, false],
  ['', true],
  ['true', true],
  ['1', true],
  ['False', false],
  ['0', false],
])('a query value %j counts as %s', (value, expected) => {
  expect(isTrue(value)).toBe(expected);
});
