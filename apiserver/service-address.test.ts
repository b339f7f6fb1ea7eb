import { describe, expect, test } from '@jest/globals';
import { isFailure } from '../api/failures';
import type { KubeObject, Service } from '../api/objects';
import type { Cluster } from './place';
import { kindOf } from './registry';
import { createObject, updateObject } from './resources';
import { add, testingCluster } from './testing-cluster';

function service(name: string, spec: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { ports: [{ port: 80 }], ...spec },
  };
}

function create(cluster: Cluster, object: KubeObject): Service {
  return add(cluster, object).object as Service;
}

function refusal(cluster: Cluster, object: KubeObject): string {
  const place = { kind: kindOf('services'), namespace: 'default', name: object.metadata.name };
  const outcome = createObject(cluster, place, object, { dryRun: false });
  return isFailure(outcome) ? (outcome.message ?? '') : '';
}

function change(cluster: Cluster, object: KubeObject): Service | string {
  const place = { kind: kindOf('services'), namespace: 'default', name: object.metadata.name };
  const outcome = updateObject(cluster, { ...place, subresource: '' }, object, { dryRun: false });
  return isFailure(outcome) ? (outcome.message ?? '') : (outcome as Service);
}

describe('a new service', () => {
  test('gets an address, and ports of the nodes when it asks for them', () => {
    const { spec } = create(testingCluster(), service('a', { type: 'NodePort' }));
    expect(spec.clusterIPs).toEqual([spec.clusterIP]);
    expect(spec.clusterIP).toMatch(/^10\.96\.0\.\d+$/);
    expect(spec.ports?.[0]?.nodePort).toBeGreaterThanOrEqual(30_086);
    expect(spec.ports?.[0]?.nodePort).toBeLessThanOrEqual(32_767);
  });

  test('without addresses has neither', () => {
    const cluster = testingCluster();
    expect(create(cluster, service('a', { clusterIP: 'None' })).spec.clusterIPs).toEqual(['None']);
    const external = { type: 'ExternalName', externalName: 'a.example' };
    expect(create(cluster, service('b', external)).spec.clusterIP).toBeUndefined();
    const plain = { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false };
    expect(create(cluster, service('c', plain)).spec.ports?.[0]?.nodePort).toBeUndefined();
  });

  test.each<[object, string]>([
    [
      { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] },
      'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
    ],
    [
      { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] },
      'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    ],
    [
      { ports: [{ port: 80, nodePort: 30081 }] },
      'Service "b" is invalid: spec.ports[0].nodePort: Forbidden: may not be used when `type` is \'ClusterIP\'',
    ],
    [
      { clusterIP: '10.96.0.77' },
      'Service "b" is invalid: spec.clusterIPs: Invalid value: []string{"10.96.0.77"}: failed to allocate IP 10.96.0.77: provided IP is already allocated',
    ],
    [
      { clusterIP: '192.0.2.1' },
      'Service "b" is invalid: spec.clusterIPs: Invalid value: []string{"192.0.2.1"}: failed to allocate IP 192.0.2.1: the provided IP (192.0.2.1) is not in the valid range. The range of valid IPs is 10.96.0.0/24',
    ],
    [{ ports: [] }, 'Service "b" is invalid: spec.ports: Required value'],
    [{ type: 'ExternalName' }, 'Service "b" is invalid: spec.externalName: Required value'],
    [
      { ports: [{ port: 80 }, { port: 81 }] },
      'Service "b" is invalid: [spec.ports[0].name: Required value, spec.ports[1].name: Required value]',
    ],
    [
      { type: 'Open' },
      'Service "b" is invalid: spec.type: Unsupported value: "Open": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ],
  ])('with %j is refused', (spec, expected) => {
    const cluster = testingCluster();
    const taken = { type: 'NodePort', clusterIP: '10.96.0.77', ports: [{ port: 80, nodePort: 30080 }] };
    create(cluster, service('a', taken));
    expect(refusal(cluster, service('b', spec))).toBe(expected);
  });
});

describe('a service that is written again', () => {
  test('keeps its address and its ports without saying them', () => {
    const cluster = testingCluster();
    const before = create(cluster, service('a', { type: 'NodePort' }));
    const after = change(cluster, service('a', { type: 'NodePort', selector: { app: 'a' } }));
    expect(after).toMatchObject({
      spec: {
        clusterIP: before.spec.clusterIP,
        ports: [{ nodePort: before.spec.ports?.[0]?.nodePort }],
        selector: { app: 'a' },
      },
    });
  });

  test('gets ports when it becomes one that has them, and loses them again', () => {
    const cluster = testingCluster();
    const plain = create(cluster, service('a'));
    const open = change(cluster, { ...plain, spec: { ...plain.spec, type: 'NodePort' } }) as Service;
    expect(open.spec.ports?.[0]?.nodePort).toBeGreaterThan(30_000);
    const closed = change(cluster, { ...open, spec: { ...open.spec, type: 'ClusterIP' } }) as Service;
    expect(closed.spec.ports?.[0]?.nodePort).toBeUndefined();
    expect(closed.spec).not.toHaveProperty('externalTrafficPolicy');
  });

  test('loses its address when it becomes a name', () => {
    const cluster = testingCluster();
    const plain = create(cluster, service('a'));
    const spec = { ...plain.spec, type: 'ExternalName', externalName: 'a.example' };
    expect(change(cluster, { ...plain, spec })).toMatchObject({ spec: { externalName: 'a.example' } });
    expect(change(cluster, { ...plain, spec })).not.toHaveProperty('spec.clusterIP');
  });

  test('may not move', () => {
    const cluster = testingCluster();
    create(cluster, service('a', { clusterIP: '10.96.0.77' }));
    expect(change(cluster, service('a', { clusterIP: '10.96.0.78' }))).toBe(
      'Service "a" is invalid: spec.clusterIPs[0]: Invalid value: []string{"10.96.0.78"}: may not change once set',
    );
  });
});
