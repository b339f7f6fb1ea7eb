import { describe, expect, test } from '@jest/globals';
import { isFailure } from '../../api/failures';
import type { KubeObject } from '../../api/objects';
import type { ObjectPart } from '../place';
import { kinds } from '../registry';
import { createObject, updateObject } from '../resources';
import { add, deployment, pod, testingCluster } from '../testing-cluster';
import { validate } from './validate';

const options = { dryRun: false };
const apiVersions: Readonly<Record<string, string>> = {
  ClusterRole: 'rbac.authorization.k8s.io/v1',
  ClusterRoleBinding: 'rbac.authorization.k8s.io/v1',
  Deployment: 'apps/v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  Lease: 'coordination.k8s.io/v1',
  ReplicaSet: 'apps/v1',
  Role: 'rbac.authorization.k8s.io/v1',
  RoleBinding: 'rbac.authorization.k8s.io/v1',
};

function object(kind: string, rest: object): KubeObject {
  return { apiVersion: apiVersions[kind] ?? 'v1', kind, metadata: { name: 'x' }, ...rest };
}

/** What a client is told after `is invalid: `; '' when it is taken. */
function creating(given: KubeObject): string {
  const cluster = testingCluster();
  const kind = kinds.find((each) => each.kind === given.kind);
  if (kind === undefined) throw new Error(`no kind ${given.kind}`);
  const namespace = kind.namespaced ? 'default' : '';
  const outcome = createObject(cluster, { kind, namespace, name: given.metadata.name }, given, options);
  return isFailure(outcome) ? (outcome.message ?? '').replace(/^.*? is invalid: /, '') : '';
}

function updating(before: KubeObject, after: KubeObject, subresource: ObjectPart = ''): string {
  const cluster = testingCluster();
  const place = add(cluster, before);
  const outcome = updateObject(cluster, { ...place, subresource }, after, options);
  return isFailure(outcome) ? (outcome.message ?? '').replace(/^.*? is invalid: /, '') : '';
}

describe('metadata', () => {
  const withMetadata = (metadata: object) => object('ConfigMap', { metadata: { name: 'x', ...metadata } });

  test.each([
    [{ name: '' }, 'metadata.name: Required value: name or generateName is required'],
    [
      { labels: { 'a b': '' } },
      "metadata.labels: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    ],
    [
      { labels: { a: '-' } },
      "metadata.labels: Invalid value: \"-\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
    [
      { annotations: { '/a': '' } },
      'metadata.annotations: Invalid value: "/a": prefix part must be non-empty',
    ],
    [
      { annotations: { a: 'x'.repeat(262_144) } },
      'metadata.annotations: Too long: may not be more than 262144 bytes',
    ],
    [
      { finalizers: ['mine'] },
      'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
    ],
    [
      { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p' }] },
      'metadata.ownerReferences.uid: Invalid value: "": uid must not be empty',
    ],
    [{ finalizers: ['example.com/mine'], labels: { 'example.com/a': 'b' } }, ''],
    [{ name: '', generateName: 'web-' }, ''],
  ])('%j', (metadata, expected) => {
    expect(creating(withMetadata(metadata))).toBe(expected);
  });

  test.each([
    ['Service', 'a.b', 'a DNS-1035 label must consist of'],
    ['Namespace', 'a.b', 'a lowercase RFC 1123 label must consist of'],
    ['ConfigMap', 'A', 'a lowercase RFC 1123 subdomain must consist of'],
    ['Role', 'a/b', "may not contain '/'"],
    ['Role', 'a:b', ''],
  ])('%s %s', (kind, name, expected) => {
    const spec = { spec: { ports: [{ port: 1 }] }, rules: [] };
    const said = creating(object(kind, { metadata: { name }, ...spec }));
    if (expected === '') expect(said).toBe('');
    else expect(said).toContain(`metadata.name: Invalid value: ${JSON.stringify(name)}: ${expected}`);
  });
});

describe('a pod', () => {
  const main = { name: 'main', image: 'web:1' };
  const container = (rest: object) => pod('x', { containers: [{ ...main, ...rest }] });

  test.each<[KubeObject, string]>([
    [pod('x', { containers: [] }), 'spec.containers: Required value'],
    [container({ image: '' }), 'spec.containers[0].image: Required value'],
    [pod('x', { containers: [main, main] }), 'spec.containers[1].name: Duplicate value: "main"'],
    [
      container({ ports: [{ containerPort: 0 }] }),
      'spec.containers[0].ports[0].containerPort: Required value',
    ],
    [
      container({ ports: [{ containerPort: 70000 }] }),
      'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    [
      container({ ports: [{ containerPort: 80, protocol: 'tcp' }] }),
      'spec.containers[0].ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"',
    ],
    [
      container({ env: [{ name: 'A=B' }] }),
      'spec.containers[0].env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
    ],
    [
      container({ envFrom: [{}] }),
      'spec.containers[0].envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
    ],
    [
      container({ env: [{ name: 'A', value: 'b', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] }),
      'spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
    ],
    [
      container({ volumeMounts: [{ name: 'v', mountPath: '/a' }] }),
      'spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ],
    [
      container({ imagePullPolicy: 'Sometimes' }),
      'spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
    ],
    [
      container({ resources: { limits: { cpu: '1' }, requests: { cpu: '2000m' } } }),
      'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ],
    [
      container({ resources: { limits: { cpu: '-1' } } }),
      '[spec.containers[0].resources.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0, spec.containers[0].resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0]',
    ],
    [
      container({ livenessProbe: {} }),
      'spec.containers[0].livenessProbe: Required value: must specify a handler type',
    ],
    [
      container({ livenessProbe: { tcpSocket: { port: 80 }, successThreshold: 2 } }),
      'spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1',
    ],
    [
      container({ readinessProbe: { httpGet: { port: 'UP' }, exec: { command: ['a'] } } }),
      'spec.containers[0].readinessProbe.httpGet: Forbidden: may not specify more than 1 handler type',
    ],
    [
      pod('x', { restartPolicy: 'Maybe' }),
      'spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"',
    ],
    [
      pod('x', { dnsPolicy: 'Maybe' }),
      'spec.dnsPolicy: Unsupported value: "Maybe": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
    ],
    [pod('x', { volumes: [{ name: 'v', configMap: {} }] }), 'spec.volumes[0].configMap.name: Required value'],
    [
      pod('x', { volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/' } }] }),
      'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type',
    ],
    [
      pod('x', { tolerations: [{ operator: 'Equal', value: 'a' }] }),
      'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ],
    [
      pod('x', { activeDeadlineSeconds: 0 }),
      'spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive',
    ],
    [
      pod('x', { ephemeralContainers: [{ ...main, name: 'debug' }] }),
      'spec.ephemeralContainers: Forbidden: cannot be set on create',
    ],
    [
      pod('x', { initContainers: [{ ...main, name: 'init', readinessProbe: { tcpSocket: { port: 1 } } }] }),
      'spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
    [
      pod('x', {
        containers: [
          { ...main, ports: [{ containerPort: 80, hostPort: 80 }] },
          { ...main, name: 'b', ports: [{ containerPort: 81, hostPort: 80 }] },
        ],
      }),
      'spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//80"',
    ],
    [pod('x'), ''],
  ])('is told what is wrong with it (%#)', (given, expected) => {
    expect(creating(given)).toBe(expected);
  });

  const stored = (spec: object) => ({ ...pod('x', spec) });

  test.each<[string, KubeObject, string]>([
    ['may get another image', stored({ containers: [{ ...main, image: 'web:2' }] }), ''],
    [
      'may not lose an image',
      stored({ containers: [{ ...main, image: '', imagePullPolicy: 'IfNotPresent' }] }),
      'spec.containers[0].image: Required value',
    ],
    [
      'may not get another container',
      stored({ containers: [main, { ...main, name: 'b' }] }),
      'spec.containers: Forbidden: pod updates may not add or remove containers',
    ],
    [
      'may not restart otherwise',
      stored({ restartPolicy: 'Never' }),
      'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n  core.PodSpec{\n- \trestartPolicy: "Always",\n+ \trestartPolicy: "Never",\n  }\n',
    ],
    ['may get a deadline', stored({ activeDeadlineSeconds: 10 }), ''],
    ['may tolerate more', stored({ tolerations: [{ key: 'a', operator: 'Exists' }] }), ''],
  ])('%s', (_what, after, expected) => {
    expect(updating(pod('x'), after)).toBe(expected);
  });

  const debug = { name: 'debug', image: 'shell:1', targetContainerName: 'main' };

  test.each<[string, object, string]>([
    ['gets a container for looking around', { ephemeralContainers: [debug] }, ''],
    [
      'gets none without a target',
      { ephemeralContainers: [{ ...debug, targetContainerName: 'other' }] },
      'spec.ephemeralContainers[0].targetContainerName: Not found: "other"',
    ],
    [
      'gets none with ports',
      { ephemeralContainers: [{ ...debug, ports: [{ containerPort: 80 }] }] },
      'spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container',
    ],
    [
      'gets none of the same name',
      { ephemeralContainers: [{ ...debug, name: 'main' }] },
      'spec.ephemeralContainers[0].name: Duplicate value: "main"',
    ],
  ])('%s', (_what, spec, expected) => {
    expect(updating(pod('x'), pod('x', spec), 'ephemeralcontainers')).toBe(expected);
  });
});

describe('a workload', () => {
  const labels = { app: 'x' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'b' }] } };
  const of = (spec: object) =>
    object('Deployment', { spec: { selector: { matchLabels: labels }, template, ...spec } });

  test.each<[object, string]>([
    [{}, ''],
    [
      { selector: undefined },
      '[spec.selector: Required value, spec.template.metadata.labels: Invalid value: map[string]string{"app":"x"}: `selector` does not match template `labels`]',
    ],
    [
      { selector: {} },
      'spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string(nil), MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: empty selector is invalid for deployment',
    ],
    [
      { selector: { matchLabels: { app: 'y' } } },
      'spec.template.metadata.labels: Invalid value: map[string]string{"app":"x"}: `selector` does not match template `labels`',
    ],
    [{ replicas: -1 }, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    [
      { strategy: { type: 'Recreate', rollingUpdate: {} } },
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ],
    [
      { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } },
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: intstr.IntOrString{Type:1, IntVal:0, StrVal:"0%"}: may not be 0 when `maxSurge` is 0',
    ],
    [
      { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } },
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    [
      { progressDeadlineSeconds: 5, minReadySeconds: 5 },
      'spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds',
    ],
  ])('with %j', (spec, expected) => {
    expect(creating(of(spec))).toBe(expected);
  });

  test('keeps its selector', () => {
    const other = { app: 'y' };
    const after = of({
      selector: { matchLabels: other },
      template: { ...template, metadata: { labels: other } },
    });
    expect(updating(of({}), after)).toBe(
      'spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{"app":"y"}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: field is immutable',
    );
    expect(updating(deployment('x', 1), deployment('x', 2))).toBe('');
  });
});

describe('what others are configured with', () => {
  test.each<[string, object, string]>([
    [
      'Secret',
      { type: 'kubernetes.io/tls' },
      '[data[tls.crt]: Required value, data[tls.key]: Required value]',
    ],
    [
      'Secret',
      { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'eA==' } },
      'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character \'x\' looking for beginning of value',
    ],
    [
      'Secret',
      { type: 'kubernetes.io/service-account-token' },
      'metadata.annotations[kubernetes.io/service-account.name]: Required value',
    ],
    [
      'Secret',
      { type: 'kubernetes.io/basic-auth' },
      '[data[username]: Required value, data[password]: Required value]',
    ],
    ['Secret', { type: 'kubernetes.io/ssh-auth' }, 'data[ssh-privatekey]: Required value'],
    ['Secret', { type: 'example.com/any', data: { a: 'eA==' } }, ''],
    [
      'ConfigMap',
      { data: { 'a b': '' } },
      "data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    ],
    [
      'ConfigMap',
      { data: { a: '' }, binaryData: { a: '' } },
      'data[a]: Invalid value: "a": duplicate of key present in binaryData',
    ],
    ['ConfigMap', { data: { a: 'x'.repeat(1_048_577) } }, '[]: Too long: may not be more than 1048576 bytes'],
    [
      'Role',
      { rules: [{ verbs: [], apiGroups: [''], resources: ['pods'] }] },
      'rules[0].verbs: Required value: verbs must contain at least one value',
    ],
    [
      'Role',
      { rules: [{ verbs: ['get'], nonResourceURLs: ['/a'] }] },
      'rules[0].nonResourceURLs: Invalid value: []string{"/a"}: namespaced rules cannot apply to non-resource URLs',
    ],
    [
      'ClusterRole',
      { rules: [{ verbs: ['get'] }] },
      '[rules[0].apiGroups: Required value: resource rules must supply at least one api group, rules[0].resources: Required value: resource rules must supply at least one resource]',
    ],
    [
      'ClusterRole',
      { aggregationRule: { clusterRoleSelectors: [] } },
      'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
    ],
    [
      'ClusterRole',
      { aggregationRule: { clusterRoleSelectors: [{ matchExpressions: [{ key: 'a', operator: 'Has' }] }] } },
      '[aggregationRule.clusterRoleSelectors[0].matchExpressions[0].operator: Invalid value: "Has": not a valid selector operator, aggregationRule.clusterRoleSelectors[0]: Invalid value: "null": invalid label selector.]',
    ],
    [
      'RoleBinding',
      { roleRef: { kind: 'Pod', name: 'r' } },
      'roleRef.kind: Unsupported value: "Pod": supported values: "Role", "ClusterRole"',
    ],
    [
      'ClusterRoleBinding',
      { roleRef: { kind: 'ClusterRole', name: 'r' }, subjects: [{ kind: 'ServiceAccount', name: 's' }] },
      'subjects[0].namespace: Required value',
    ],
    [
      'EndpointSlice',
      { addressType: 'IPv4', endpoints: [{ addresses: ['fd00::1'] }] },
      'endpoints[0].addresses[0]: Invalid value: "fd00::1": must be an IPv4 address',
    ],
    [
      'Endpoints',
      { subsets: [{ addresses: [{ ip: '127.0.0.1' }] }] },
      'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
    [
      'Service',
      { spec: { ports: [{ port: 80 }], externalIPs: ['192.0.2.1', '127.0.0.1', 'example.org'] } },
      '[spec.externalIPs[1]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128), spec.externalIPs[2]: Invalid value: "example.org": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)]',
    ],
    [
      'Node',
      { spec: { taints: [{ key: 'a', effect: 'NoRun' }] } },
      'metadata.taints[0].effect: Unsupported value: "NoRun": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ],
    [
      'Lease',
      { spec: { leaseDurationSeconds: 0 } },
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
    ],
    [
      'Event',
      { involvedObject: { namespace: 'other' } },
      'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
    ],
  ])('%s with %j', (kind, rest, expected) => {
    const shown = creating(object(kind, rest));
    expect(shown).toBe(expected);
  });

  test.each<[string, object, object, string]>([
    ['Secret', {}, { type: 'example.com/b' }, 'type: Invalid value: "example.com/b": field is immutable'],
    [
      'ConfigMap',
      { immutable: true, data: { a: '1' } },
      { immutable: true, data: { a: '2' } },
      'data: Forbidden: field is immutable when `immutable` is set',
    ],
    [
      'ConfigMap',
      { immutable: true },
      {},
      'immutable: Forbidden: field is immutable when `immutable` is set',
    ],
    [
      'RoleBinding',
      { roleRef: { kind: 'Role', name: 'a' } },
      { roleRef: { kind: 'Role', name: 'b' } },
      'roleRef: Invalid value: rbac.RoleRef{APIGroup:"rbac.authorization.k8s.io", Kind:"Role", Name:"b"}: cannot change roleRef',
    ],
  ])('%s keeps what may not change (%#)', (kind, before, after, expected) => {
    expect(updating(object(kind, before), object(kind, after))).toBe(expected);
  });
});

test.each(kinds.filter(({ storage }) => storage === 'stored').map(({ kind }) => kind))(
  '%s of any shape is judged without a throw',
  (kind) => {
    const row = kinds.find((each) => each.kind === kind);
    for (const odd of [null, 1, 'x', [], [null], { containers: 7, template: [], ports: {}, rules: 'x' }]) {
      const given = object(kind, {
        spec: odd,
        status: odd,
        subsets: odd,
        rules: odd,
        roleRef: odd,
        data: odd,
      });
      expect(() => row && validate(row, given)).not.toThrow();
    }
  },
);
