import { describe, expect, test } from '@jest/globals';
import type { Pod, Service } from '../api/objects';
import { endpointsOf, mirroredSlices, slicesOf } from './plan-endpoints';

const service = (spec: object): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default', labels: { team: 'a' } },
  spec: {
    ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }],
    selector: { app: 'web' },
    ...spec,
  },
});

function pod(
  name: string,
  ip: string,
  more: { ready?: boolean; port?: number; labels?: Record<string, string>; phase?: string } = {},
): Pod {
  const { ready = true, port = 8080, labels = { app: 'web' }, phase = 'Running' } = more;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: name, labels },
    spec: {
      nodeName: 'node-1',
      containers: [
        { name: 'c', image: 'i', ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }] },
      ],
    },
    status: { phase, podIP: ip, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

describe('the endpoints of a service', () => {
  test('are its pods, ready and not, in the order of their addresses', () => {
    const pods = [pod('b', '10.0.0.10'), pod('a', '10.0.0.9'), pod('c', '10.0.0.11', { ready: false })];
    expect(endpointsOf(service({}), pods)).toMatchObject({
      metadata: { name: 'web', labels: { team: 'a' } },
      subsets: [
        {
          addresses: [{ ip: '10.0.0.9', targetRef: { name: 'a' } }, { ip: '10.0.0.10' }],
          notReadyAddresses: [{ ip: '10.0.0.11' }],
          ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
        },
      ],
    });
  });

  test('leave out what has ended, has no address, or is another service’s', () => {
    const pods = [
      pod('a', '10.0.0.1', { phase: 'Failed' }),
      pod('b', ''),
      pod('c', '10.0.0.3', { labels: { app: 'db' } }),
    ];
    expect(endpointsOf(service({}), pods)?.subsets).toBeUndefined();
  });

  test('resolve a named port on each pod, which makes a subset for each number', () => {
    const ports = [{ port: 80, targetPort: 'http' }];
    const made = endpointsOf(service({ ports }), [
      pod('a', '10.0.0.1'),
      pod('b', '10.0.0.2', { port: 9090 }),
    ]);
    expect(made?.subsets?.map((subset) => subset.ports?.[0]?.port)).toEqual([8080, 9090]);
  });

  test.each([[{ selector: {} }], [{ selector: undefined }], [{ type: 'ExternalName' }]])(
    'are nobody’s business here for %j',
    (spec) => {
      expect(endpointsOf(service(spec), [pod('a', '10.0.0.1')])).toBeNull();
      expect(slicesOf(service(spec), [pod('a', '10.0.0.1')])).toBeNull();
    },
  );
});

describe('the slices of a service', () => {
  test('say of every pod whether it is ready', () => {
    const [slice] =
      slicesOf(service({}), [pod('a', '10.0.0.1'), pod('b', '10.0.0.2', { ready: false })]) ?? [];
    expect(slice).toMatchObject({
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      endpoints: [
        {
          addresses: ['10.0.0.1'],
          conditions: { ready: true, serving: true, terminating: false },
          nodeName: 'node-1',
        },
        { addresses: ['10.0.0.2'], conditions: { ready: false } },
      ],
    });
  });

  test('are one that is empty when nothing is behind it', () => {
    expect(slicesOf(service({}), [])).toEqual([{ addressType: 'IPv4', endpoints: [], ports: [] }]);
  });

  test('mirror endpoints that somebody wrote by hand', () => {
    const manual = {
      apiVersion: 'v1',
      kind: 'Endpoints' as const,
      metadata: { name: 'web' },
      subsets: [{ addresses: [{ ip: '10.0.0.9' }], ports: [{ port: 80 }] }],
    };
    expect(mirroredSlices(manual)).toEqual([
      {
        addressType: 'IPv4',
        endpoints: [{ addresses: ['10.0.0.9'], conditions: { ready: true } }],
        ports: [{ name: '', port: 80, protocol: 'TCP' }],
      },
    ]);
  });
});
