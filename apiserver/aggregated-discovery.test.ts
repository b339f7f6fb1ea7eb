import { describe, expect, test } from '@jest/globals';
import { aggregatedDiscovery, aggregatedVersion } from './aggregated-discovery';
import { apiGroup } from './discovery';

const form = (version: string) =>
  `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;

describe('discovery', () => {
  test.each([
    [`${form('v2')},${form('v2beta1')},application/json`, 'v2'],
    [`${form('v2beta1')},application/json`, 'v2beta1'],
    [`application/json,${form('v2')}`, null],
    [`${form('v3')},application/json`, null],
    ['', null],
  ])('for %s is of version %s', (accept, version) => {
    expect(aggregatedVersion(accept)).toBe(version);
  });

  test('says which kinds there are, with their subresources', () => {
    const { body, contentType, etag } = aggregatedDiscovery('/apis', 'v2');
    expect(contentType).toBe(form('v2'));
    expect(etag).toMatch(/^"[0-9A-F]{128}"$/);
    const document = JSON.parse(body) as { items: { metadata: { name: string }; versions: object[] }[] };
    expect(document.items.find(({ metadata }) => metadata.name === 'apps')?.versions[0]).toMatchObject({
      version: 'v1',
      resources: expect.arrayContaining([
        expect.objectContaining({
          resource: 'deployments',
          scope: 'Namespaced',
          subresources: expect.arrayContaining([
            {
              subresource: 'scale',
              responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
              verbs: ['get', 'patch', 'update'],
            },
          ]),
        }),
      ]),
    });
  });

  test('prefers v1 where a group has several versions', () => {
    expect(apiGroup('authentication.k8s.io')).toMatchObject({
      versions: [{ version: 'v1' }, { version: 'v1beta1' }, { version: 'v1alpha1' }],
      preferredVersion: { groupVersion: 'authentication.k8s.io/v1', version: 'v1' },
    });
  });
});
