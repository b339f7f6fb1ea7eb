import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../api/objects';
import { kinds } from '../registry';
import { applyDefaults } from './apply-defaults';

function defaulted(kind: string, rest: object): KubeObject {
  const row = kinds.find((each) => each.kind === kind);
  if (row === undefined) throw new Error(`no kind ${kind}`);
  const object: KubeObject = structuredClone({ apiVersion: '', kind, metadata: { name: 'x' }, ...rest });
  applyDefaults(row, object);
  return object;
}

const container = { name: 'main', image: 'web' };
const filled = {
  resources: {},
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
};
const podSpec = {
  restartPolicy: 'Always',
  terminationGracePeriodSeconds: 30,
  dnsPolicy: 'ClusterFirst',
  securityContext: {},
  schedulerName: 'default-scheduler',
};

describe('a pod', () => {
  test('is completed', () => {
    expect(defaulted('Pod', { spec: { containers: [container] } })['spec']).toEqual({
      containers: [{ ...container, ...filled, imagePullPolicy: 'Always' }],
      ...podSpec,
      enableServiceLinks: true,
    });
  });

  test.each([
    ['web', 'Always'],
    ['web:latest', 'Always'],
    ['web:1', 'IfNotPresent'],
    ['registry.example:5000/web', 'Always'],
    ['registry.example:5000/web:1', 'IfNotPresent'],
    ['web@sha256:0123', 'IfNotPresent'],
    ['web:latest@sha256:0123', 'Always'],
  ])('pulls %s %s', (image, policy) => {
    const spec = { containers: [{ name: 'main', image }] };
    expect(defaulted('Pod', { spec })).toMatchObject({ spec: { containers: [{ imagePullPolicy: policy }] } });
  });

  test.each([
    [
      { resources: { limits: { cpu: '1000m', memory: '1024Mi' }, requests: { cpu: '0.5' } } },
      { resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m', memory: '1Gi' } } },
    ],
    [{ ports: [{ containerPort: 80 }] }, { ports: [{ containerPort: 80, protocol: 'TCP' }] }],
    [
      { readinessProbe: { httpGet: { port: 80 } } },
      {
        readinessProbe: {
          httpGet: { port: 80, path: '/', scheme: 'HTTP' },
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
      },
    ],
    [
      { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }] },
      { env: [{ name: 'A', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } }] },
    ],
  ])('completes a container with %j', (given, expected) => {
    const spec = { containers: [{ ...container, ...given }] };
    expect(defaulted('Pod', { spec })).toMatchObject({ spec: { containers: [expected] } });
  });

  test.each([
    [{ name: 'v' }, { name: 'v', emptyDir: {} }],
    [
      { name: 'v', configMap: { name: 'c' } },
      { name: 'v', configMap: { name: 'c', defaultMode: 420 } },
    ],
    [
      { name: 'v', secret: { secretName: 's', defaultMode: 256 } },
      { name: 'v', secret: { secretName: 's', defaultMode: 256 } },
    ],
    [
      { name: 'v', hostPath: { path: '/' } },
      { name: 'v', hostPath: { path: '/', type: '' } },
    ],
    [
      { name: 'v', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
      {
        name: 'v',
        projected: {
          sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 3600 } }],
          defaultMode: 420,
        },
      },
    ],
  ])('completes volume %j', (given, expected) => {
    const spec = { containers: [container], volumes: [given] };
    expect((defaulted('Pod', { spec })['spec'] as { volumes: unknown[] }).volumes).toEqual([expected]);
  });

  test('on the network of its host uses its ports', () => {
    const spec = { hostNetwork: true, containers: [{ ...container, ports: [{ containerPort: 80 }] }] };
    expect(defaulted('Pod', { spec })).toMatchObject({
      spec: { containers: [{ ports: [{ containerPort: 80, hostPort: 80 }] }] },
    });
  });
});

describe('a workload', () => {
  const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [container] } };
  const completed = {
    metadata: { creationTimestamp: null, labels: { app: 'x' } },
    spec: { containers: [{ ...container, ...filled, imagePullPolicy: 'Always' }], ...podSpec },
  };

  test('of kind Deployment rolls', () => {
    expect(defaulted('Deployment', { spec: { template } })['spec']).toEqual({
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      template: completed,
    });
  });

  test('that recreates does not roll', () => {
    const spec = { replicas: 0, strategy: { type: 'Recreate' }, template };
    expect(defaulted('Deployment', { spec })['spec']).toMatchObject({
      replicas: 0,
      strategy: { type: 'Recreate' },
    });
    expect(defaulted('Deployment', { spec })).not.toHaveProperty('spec.strategy.rollingUpdate');
  });

  test('of kind ReplicaSet has one pod', () => {
    expect(defaulted('ReplicaSet', { spec: { template } })['spec']).toEqual({
      replicas: 1,
      template: completed,
    });
  });
});

describe('a service', () => {
  const ports = [{ port: 80, protocol: 'TCP', targetPort: 80 }];

  test.each([
    [
      {},
      {
        type: 'ClusterIP',
        sessionAffinity: 'None',
        internalTrafficPolicy: 'Cluster',
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
      },
    ],
    [{ type: 'NodePort' }, { externalTrafficPolicy: 'Cluster', internalTrafficPolicy: 'Cluster' }],
    [{ type: 'LoadBalancer' }, { externalTrafficPolicy: 'Cluster', allocateLoadBalancerNodePorts: true }],
    [{ clusterIP: 'None' }, { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' }],
    [
      { clusterIP: 'None', selector: { a: 'b' } },
      { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
    ],
    [{ sessionAffinity: 'ClientIP' }, { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } }],
  ])('with %j is completed', (given, expected) => {
    const object = defaulted('Service', { spec: { ports: [{ port: 80 }], ...given } });
    expect(object['spec']).toMatchObject({ ports, ...expected });
  });

  test('of type ExternalName has no address family', () => {
    const object = defaulted('Service', { spec: { type: 'ExternalName', externalName: 'a.example' } });
    expect(object['spec']).toEqual({
      type: 'ExternalName',
      externalName: 'a.example',
      sessionAffinity: 'None',
    });
  });
});

test.each([
  ['Secret', { stringData: { a: 'b' } }, { type: 'Opaque', data: { a: 'Yg==' } }],
  [
    'RoleBinding',
    { roleRef: { kind: 'Role', name: 'r' }, subjects: [{ kind: 'User', name: 'u' }] },
    {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'u' }],
    },
  ],
  ['Role', {}, { rules: null }],
  [
    'Node',
    { status: { capacity: { memory: '1048576Ki' } } },
    { status: { capacity: { memory: '1Gi' }, allocatable: { memory: '1Gi' } } },
  ],
  ['Namespace', {}, { metadata: { labels: { 'kubernetes.io/metadata.name': 'x' } } }],
  [
    'EndpointSlice',
    { ports: [{ port: 80 }] },
    { endpoints: null, ports: [{ name: '', port: 80, protocol: 'TCP' }] },
  ],
  ['Endpoints', { subsets: [{ ports: [{ port: 80 }] }] }, { subsets: [{ ports: [{ protocol: 'TCP' }] }] }],
  ['Event', { reason: 'Pulled' }, { source: {}, eventTime: null, reportingComponent: '' }],
])('%s with %j is completed', (kind, given, expected) => {
  expect(defaulted(kind, given)).toMatchObject(expected);
});

test.each(kinds.filter(({ storage }) => storage === 'stored').map(({ kind }) => kind))(
  '%s of any shape is left to validation',
  (kind) => {
    for (const odd of [null, 1, 'x', [], [null], { containers: 7, template: [], ports: {} }])
      expect(() => defaulted(kind, { spec: odd, status: odd, subsets: odd, roleRef: odd })).not.toThrow();
  },
);
