import { describe, expect, test } from '@jest/globals';
import type { Service } from '../api/objects';
import { serviceEnvironment } from './service-environment';

function service(name: string, namespace: string, spec: object): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec };
}

const kubernetes = service('kubernetes', 'default', {
  clusterIP: '10.96.0.1',
  ports: [{ name: 'https', port: 443, protocol: 'TCP' }],
});

const ofKubernetes = [
  ['KUBERNETES_SERVICE_HOST', '10.96.0.1'],
  ['KUBERNETES_SERVICE_PORT', '443'],
  ['KUBERNETES_SERVICE_PORT_HTTPS', '443'],
  ['KUBERNETES_PORT', 'tcp://10.96.0.1:443'],
  ['KUBERNETES_PORT_443_TCP', 'tcp://10.96.0.1:443'],
  ['KUBERNETES_PORT_443_TCP_PROTO', 'tcp'],
  ['KUBERNETES_PORT_443_TCP_PORT', '443'],
  ['KUBERNETES_PORT_443_TCP_ADDR', '10.96.0.1'],
];

describe('the variables of services', () => {
  test('tell every container of the apiserver', () => {
    expect(serviceEnvironment([kubernetes], 'team', false)).toEqual(ofKubernetes);
  });

  test('tell of the namespace’s own services when links are wanted, and of no others', () => {
    const web = service('my-web', 'team', { clusterIP: '10.96.0.9', ports: [{ port: 80 }] });
    const names = (links: boolean) => serviceEnvironment([web], 'team', links).map(([name]) => name);
    expect(names(true)).toContain('MY_WEB_SERVICE_HOST');
    expect(names(false)).toEqual([]);
    expect(serviceEnvironment([web], 'elsewhere', true)).toEqual([]);
  });

  test.each([
    ['without ports and address', { type: 'ExternalName', externalName: 'example.test' }],
    ['that is headless', { clusterIP: 'None', ports: [{ port: 80 }] }],
  ])('say nothing of a service %s', (_what, spec) => {
    expect(serviceEnvironment([service('x', 'team', spec)], 'team', true)).toEqual([]);
  });

  test('are those of the apiserver first, then those of the namespace', () => {
    const services = [
      kubernetes,
      service('other', 'default', { clusterIP: '10.96.0.2', ports: [{ name: 'https', port: 443 }] }),
      service('my-cart', 'shop', { clusterIP: '10.96.0.3', ports: [{ name: 'https', port: 443 }] }),
      service('headless', 'shop', { clusterIP: 'None', ports: [{ name: 'https', port: 443 }] }),
    ];
    expect(serviceEnvironment(services, 'shop', false)).toEqual(ofKubernetes);
    const linked = serviceEnvironment(services, 'shop', true);
    expect(linked.slice(0, 9)).toEqual([...ofKubernetes, ['MY_CART_SERVICE_HOST', '10.96.0.3']]);
    expect(linked.filter(([name]) => name.startsWith('OTHER') || name.startsWith('HEADLESS'))).toEqual([]);
  });
});
