import { beforeEach, describe, expect, test } from '@jest/globals';
import { type GroupResource, isFailure } from '../../api/failures';
import type { KubeObject } from '../../api/objects';
import type { User } from '../authorize';
import type { Cluster, ObjectPart, WriteOptions } from '../place';
import { kindOf } from '../registry';
import { createObject, updateObject } from '../resources';
import { add, pod, testingCluster } from '../testing-cluster';
import { chooseAdmissionPlugins } from './admission-plugins';
import { ofMaster, ofNode1, signingRequest } from './certificate-requests.test.fixtures';
import { type NodeWrite, restrictNode } from './node-restriction';

const user: User = { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };
const asNode: WriteOptions = { dryRun: false, user, allows: () => false };
const plugins = chooseAdmissionPlugins(['NodeRestriction'], ['ServiceAccount']);

let cluster: Cluster;

beforeEach(() => {
  cluster = { ...testingCluster(), admission: plugins };
});

const node = (name: string, more: object = {}, spec: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, ...more },
  spec,
});

/** The refusal's message, or the name of what was written. */
function create(resource: string, object: KubeObject, options = asNode): string {
  const kind = kindOf(resource);
  const place = {
    kind,
    namespace: kind.namespaced ? (object.metadata.namespace ?? 'default') : '',
    name: '',
  };
  const outcome = createObject(cluster, place, object, options);
  return isFailure(outcome) ? (outcome.message ?? '') : outcome.metadata.name;
}

function update(object: KubeObject, subresource: ObjectPart = '', options = asNode): string {
  const kind = kindOf(`${object.kind.toLowerCase()}s`);
  const place = {
    kind,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    subresource,
  };
  const outcome = updateObject(cluster, place, object, options);
  return isFailure(outcome) ? (outcome.message ?? '') : outcome.metadata.name;
}

function asks(
  operation: NodeWrite['operation'],
  resource: string,
  more: Partial<NodeWrite> = {},
  options = asNode,
): string | undefined {
  const kind: GroupResource = { group: '', resource };
  const write = { operation, kind, subresource: '', namespace: 'default', name: 'web', object: null };
  return restrictNode(cluster, { ...write, current: null, ...more }, options)?.message;
}

describe('its Node', () => {
  test('it makes and keeps up to date itself, and no other', () => {
    expect(create('nodes', node('n1'))).toBe('n1');
    const { object } = add(cluster, node('n2'));
    const refused = 'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"';
    expect(create('nodes', node('n2'))).toBe(refused);
    expect(update(object)).toBe(refused);
    expect(update(object, 'status')).toBe(refused);
    expect(asks('delete', 'nodes', { name: 'n2' })).toBe(refused);
    expect(asks('delete', 'nodes', { name: 'n1' })).toBeUndefined();
    expect(asks('delete', 'nodes', { name: '' })).toBe(
      'nodes "Unknown" is forbidden: node "n1" is not allowed to modify node ""',
    );
    const nameless = { ...node(''), metadata: { name: '', generateName: 'n' } };
    expect(create('nodes', nameless)).toBe(
      'nodes "n" is forbidden: node "n1" is not allowed to modify node ""',
    );
  });

  const free = {
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/hostname': 'n1',
    'node.kubernetes.io/pool': 'a',
    'x.kubelet.kubernetes.io/y': 'a',
    'topology.kubernetes.io/zone': 'a',
    'example.com/anything': 'a',
    plain: 'a',
  };
  const taken = {
    'a.node-restriction.kubernetes.io/fips': 'true',
    'k8s.io/x': 'a',
    'node-restriction.kubernetes.io/fips': 'true',
    'node-role.kubernetes.io/control-plane': '',
    'sub.k8s.io/x': 'a',
  };

  test('it labels with what is not reserved', () => {
    expect(create('nodes', node('n1', { labels: { ...free, ...taken } }))).toBe(
      'nodes "n1" is forbidden: node "n1" is not allowed to set the following labels: a.node-restriction.kubernetes.io/fips, k8s.io/x, node-restriction.kubernetes.io/fips, node-role.kubernetes.io/control-plane, sub.k8s.io/x',
    );
    expect(create('nodes', node('n1', { labels: free }))).toBe('n1');
  });

  test.each(['', 'status'] as const)(
    'it changes no reserved label in part %j, and takes none away',
    (part) => {
      const { object } = add(cluster, node('n1', { labels: taken }));
      const relabelled = (labels: Record<string, string>) => ({
        ...object,
        metadata: { ...object.metadata, labels },
      });
      expect(update(relabelled({ ...taken, 'k8s.io/x': 'b', 'sub.k8s.io/y': '' }), part)).toBe(
        'nodes "n1" is forbidden: is not allowed to modify labels: k8s.io/x, sub.k8s.io/y',
      );
      const { 'k8s.io/x': _, ...fewer } = taken;
      expect(update(relabelled(fewer), part)).toContain('is not allowed to modify labels: k8s.io/x');
      expect(update(relabelled({ ...taken, ...free }), part)).toBe('n1');
    },
  );

  test('it registers with taints, and changes none afterwards', () => {
    const taints = [{ key: 'dedicated', value: 'a', effect: 'NoSchedule' }];
    expect(create('nodes', node('n1', {}, { taints }))).toBe('n1');
    const stored = cluster.storage.get(kindOf('nodes'), '', 'n1') as KubeObject;
    expect(update({ ...stored, spec: {} })).toBe(
      'nodes "n1" is forbidden: node "n1" is not allowed to modify taints',
    );
    expect(update({ ...stored, spec: {} }, 'status')).toContain('is not allowed to modify taints');
    expect(update({ ...stored, spec: { taints, unschedulable: true } })).toBe('n1');
  });

  test('it gives no owner, so that nobody collects it for new labels and taints (CVE-2025-5187)', () => {
    const { object } = add(cluster, node('n1'));
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name: 'gone', uid: 'u' }];
    expect(update({ ...object, metadata: { ...object.metadata, ownerReferences } })).toBe(
      'nodes "n1" is forbidden: node "n1" is not allowed to modify ownerReferences',
    );
  });

  test('it names no source of configuration', () => {
    const configSource = { configMap: { name: 'a', namespace: 'b', kubeletConfigKey: 'c' } };
    expect(create('nodes', node('n1', {}, { configSource }))).toBe(
      'nodes "n1" is forbidden: node "n1" is not allowed to create pods with a non-nil configSource',
    );
    const { object } = add(cluster, node('n1'));
    expect(update({ ...object, spec: { configSource } })).toBe(
      'nodes "n1" is forbidden: node "n1" is not allowed to update configSource to a new non-nil configSource',
    );
  });

  test('its addresses are its own word: nobody looks at them', () => {
    const { object } = add(cluster, node('n1'));
    const status = { addresses: [{ type: 'InternalIP', address: '10.0.0.99' }] };
    expect(update({ ...object, status }, 'status')).toBe('n1');
  });
});

describe('a mirror pod', () => {
  const owner = (more: object = {}): object[] => [
    { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: uid(), controller: true, ...more },
  ];
  const uid = (): string => cluster.storage.get(kindOf('nodes'), '', 'n1')?.metadata.uid ?? '';

  function mirror(metadata: object = {}, spec: object = {}): KubeObject {
    const made = pod('static', { nodeName: 'n1', ...spec });
    const annotations = { 'kubernetes.io/config.mirror': 'x' };
    return {
      ...made,
      metadata: {
        ...made.metadata,
        annotations,
        ownerReferences: owner(),
        ...metadata,
      } as KubeObject['metadata'],
    };
  }

  beforeEach(() => {
    add(cluster, node('n1'));
  });

  test('is the one pod that a node may make', () => {
    expect(create('pods', mirror())).toBe('static');
    expect(create('pods', pod('web', { nodeName: 'n1' }))).toBe(
      'pods "web" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
    );
  });

  const volume = (source: object): object => ({ volumes: [{ name: 'v', ...source }] });
  const refers = 'node "n1" can not create pods that reference';
  test.each<[string, () => KubeObject]>([
    ['node "n1" can only create pods with spec.nodeName set to itself', () => mirror({}, { nodeName: 'n2' })],
    [
      'node "n1" can only create pods with an owner reference set to itself',
      () => mirror({ ownerReferences: [] }),
    ],
    [
      'node "n1" can only create pods with an owner reference set to itself',
      () => mirror({ ownerReferences: owner({ name: 'n2' }) }),
    ],
    [
      'node "n1" can only create pods with a single owner reference set to itself',
      () => mirror({ ownerReferences: [...owner(), ...owner({ uid: 'y', controller: false })] }),
    ],
    [
      'node "n1" can only create pods with a controller owner reference set to itself',
      () => mirror({ ownerReferences: owner({ controller: false }) }),
    ],
    [
      'node "n1" must not set blockOwnerDeletion on an owner reference',
      () => mirror({ ownerReferences: owner({ blockOwnerDeletion: true }) }),
    ],
    [`${refers} a service account`, () => mirror({}, { serviceAccountName: 'robot' })],
    [`${refers} secrets`, () => mirror({}, { imagePullSecrets: [{ name: 's' }] })],
    [`${refers} secrets`, () => mirror({}, volume({ secret: { secretName: 's' } }))],
    [`${refers} configmaps`, () => mirror({}, volume({ configMap: { name: 'c' } }))],
    [
      `${refers} configmaps`,
      () => mirror({}, volume({ projected: { sources: [{ configMap: { name: 'c' } }] } })),
    ],
    [
      `${refers} clustertrustbundles`,
      () => mirror({}, volume({ projected: { sources: [{ clusterTrustBundle: { path: 'p' } }] } })),
    ],
    [
      `${refers} persistentvolumeclaims`,
      () => mirror({}, volume({ persistentVolumeClaim: { claimName: 'p' } })),
    ],
  ])('is refused: %s', (why, made) => {
    expect(create('pods', made())).toBe(`pods "static" is forbidden: ${why}`);
  });

  test('belongs to the Node that is there now', () => {
    expect(create('pods', mirror({ ownerReferences: owner({ uid: 'old' }) }))).toBe(
      `pods "static" is forbidden: node n1 UID mismatch: expected old got ${uid()}`,
    );
    const made = mirror();
    cluster.storage.delete(kindOf('nodes'), '', 'n1');
    expect(create('pods', made)).toBe('node "n1" not found');
  });
});

describe('the pods', () => {
  beforeEach(() => {
    add(cluster, pod('web', { nodeName: 'n1' }));
    add(cluster, pod('far', { nodeName: 'n2' }));
  });

  test('on it a node ends, evicts and reports on; others not', () => {
    expect(asks('delete', 'pods')).toBeUndefined();
    expect(asks('delete', 'pods', { name: 'far' })).toBe(
      'pods "far" is forbidden: node "n1" can only delete pods with spec.nodeName set to itself',
    );
    expect(asks('delete', 'pods', { name: 'none' })).toBe('pod "none" not found');
    expect(asks('create', 'pods', { subresource: 'eviction' })).toBeUndefined();
    expect(asks('create', 'pods', { subresource: 'eviction', name: 'far' })).toBe(
      'pods "far" is forbidden: node n1 can only evict pods with spec.nodeName set to itself',
    );
    const [own, far] = ['web', 'far'].map((name) => cluster.storage.get(kindOf('pods'), 'default', name));
    expect(update({ ...(own as KubeObject), status: { phase: 'Running' } }, 'status')).toBe('web');
    expect(update(far as KubeObject, 'status')).toBe(
      'pods "far" is forbidden: node "n1" can only update pod status for pods with spec.nodeName set to itself',
    );
  });

  test('are not relabelled by their status', () => {
    const own = cluster.storage.get(kindOf('pods'), 'default', 'web') as KubeObject;
    const metadata = { ...own.metadata, labels: { app: 'db' } };
    expect(update({ ...own, metadata }, 'status')).toBe(
      'pods "web" is forbidden: node "n1" cannot update labels through pod status',
    );
    const status = { resourceClaimStatuses: [{ name: 'a' }] };
    expect(update({ ...own, status }, 'status')).toBe(
      'pods "web" is forbidden: node "n1" cannot update resource claim statues',
    );
  });

  test('are not written in any other way', () => {
    const own = cluster.storage.get(kindOf('pods'), 'default', 'web') as KubeObject;
    expect(update(own)).toBe(
      'pods "web" is forbidden: unexpected operation "UPDATE", node "n1" can only create and delete mirror pods',
    );
    expect(update(own, 'ephemeralcontainers')).toBe(
      'pods "web" is forbidden: unexpected pod subresource "ephemeralcontainers", only \'status\' and \'eviction\' are allowed',
    );
    expect(asks('create', 'pods', { subresource: 'binding' })).toContain(
      'unexpected pod subresource "binding"',
    );
  });
});

describe('a token', () => {
  const projected = (audience?: string): object => ({
    projected: { sources: [{ serviceAccountToken: { path: 't', ...(audience && { audience }) } }] },
  });
  const request = (boundObjectRef: object | null, audiences: string[] = []): Partial<NodeWrite> => ({
    subresource: 'token',
    name: 'robot',
    object: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { name: '' },
      spec: { audiences, ...(boundObjectRef === null ? {} : { boundObjectRef }) },
    },
  });
  const ofPod = (name: string): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    name,
    uid: cluster.storage.get(kindOf('pods'), 'default', name)?.metadata.uid ?? 'none',
  });
  const forbidden = (why: string): string => `serviceaccounts "robot" is forbidden: ${why}`;

  beforeEach(() => {
    const volumes = [
      { name: 'api', ...projected() },
      { name: 'vault', ...projected('vault') },
    ];
    add(cluster, pod('web', { nodeName: 'n1', serviceAccountName: 'robot', volumes }));
    add(cluster, pod('far', { nodeName: 'n2', serviceAccountName: 'robot', volumes }));
  });

  test('is for a pod on the node, and for whom that pod wants one', () => {
    expect(asks('create', 'serviceaccounts', request(ofPod('web')))).toBeUndefined();
    expect(asks('create', 'serviceaccounts', request(ofPod('web'), ['vault']))).toBeUndefined();
  });

  test.each<[string, () => Partial<NodeWrite>]>([
    ['node requested token not bound to a pod', () => request(null)],
    [
      'node requested token not bound to a pod',
      () => request({ apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'u' }),
    ],
    [
      'node requested token with a pod binding without a uid',
      () => request({ apiVersion: 'v1', kind: 'Pod', name: 'web' }),
    ],
    [
      'the UID in the bound object reference (old) does not match the UID in record. The object might have been deleted and then recreated',
      () => request({ apiVersion: 'v1', kind: 'Pod', name: 'web', uid: 'old' }),
    ],
    ['node requested token bound to a pod scheduled on a different node', () => request(ofPod('far'))],
    ['node may only request 0 or 1 audiences', () => request(ofPod('web'), ['vault', 'b'])],
    [
      'audience "bank" not found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience',
      () => request(ofPod('web'), ['bank']),
    ],
  ])('is refused: %s', (why, write) => {
    expect(asks('create', 'serviceaccounts', write())).toBe(forbidden(why));
  });

  test('of a pod that is gone is not found', () => {
    expect(asks('create', 'serviceaccounts', request(ofPod('none')))).toBe('pod "none" not found');
  });

  test('for another audience is granted by RBAC, by the name of the audience', () => {
    const asked: unknown[] = [];
    const options: WriteOptions = {
      ...asNode,
      allows: (attributes) => {
        asked.push(attributes);
        return true;
      },
    };
    expect(asks('create', 'serviceaccounts', request(ofPod('web'), ['bank']), options)).toBeUndefined();
    const verb = 'request-serviceaccounts-token-audience';
    expect(asked).toEqual([{ verb, group: '', resource: 'bank', name: 'robot', namespace: 'default' }]);
  });
});

test('a lease is the node’s own, in the namespace of such leases', () => {
  const lease = (namespace: string, name: string, operation: NodeWrite['operation']) =>
    asks(operation, '', { kind: kindOf('leases'), namespace, name });
  expect(lease('kube-node-lease', 'n1', 'create')).toBeUndefined();
  expect(lease('kube-node-lease', 'n1', 'update')).toBeUndefined();
  expect(lease('kube-system', 'n1', 'create')).toBe(
    'leases.coordination.k8s.io "n1" is forbidden: can only access leases in the "kube-node-lease" system namespace',
  );
  expect(lease('kube-node-lease', 'n2', 'delete')).toBe(
    'leases.coordination.k8s.io "n2" is forbidden: can only access node lease with the same name as the requesting node',
  );
});

describe('a certificate', () => {
  const asked = (pem: string, signerName: string): string =>
    create('certificatesigningrequests', signingRequest(pem, `kubernetes.io/${signerName}`));
  const other = 'can only create a node CSR with CN=system:node:n1';

  test('for a node is for that node', () => {
    for (const signer of ['kubelet-serving', 'kube-apiserver-client-kubelet']) {
      const refused = `certificatesigningrequests.certificates.k8s.io "csr-1" is forbidden: ${other}`;
      expect(asked(ofMaster, signer)).toBe(refused);
    }
    expect(asked(ofNode1, 'kubelet-serving')).toBe('csr-1');
  });

  test('of another signer is not looked at', () => {
    cluster = {
      ...cluster,
      admission: chooseAdmissionPlugins(['NodeRestriction'], ['CertificateSubjectRestriction']),
    };
    expect(asked(ofMaster, 'kube-apiserver-client')).toBe('csr-1');
  });

  test('is asked for in a form that can be read', () => {
    expect(asked('no PEM', 'kubelet-serving')).toContain(
      'is forbidden: unable to parse csr: PEM block type must be',
    );
  });
});

describe('who is not restricted', () => {
  const write = { name: 'n2' };
  test.each<[string, WriteOptions]>([
    ['who is no node', { dryRun: false, user: { name: 'jane', groups: ['system:nodes'] } }],
    ['the apiserver itself', { dryRun: false }],
  ])('%s', (_who, options) => {
    expect(asks('delete', 'nodes', write, options)).toBeUndefined();
  });

  test('anybody, when the plugin is off, as it is by default', () => {
    cluster = { ...cluster, admission: chooseAdmissionPlugins([], []) };
    expect(asks('delete', 'nodes', write)).toBeUndefined();
    cluster = { ...cluster, admission: chooseAdmissionPlugins(['NodeRestriction'], []) };
    expect(asks('delete', 'nodes', write)).toBeDefined();
  });

  test('but a node that does not say which one may write nothing', () => {
    const nameless: User = { name: 'system:node:', groups: ['system:nodes'] };
    expect(asks('delete', 'nodes', write, { dryRun: false, user: nameless })).toBe(
      'nodes "n2" is forbidden: could not determine node from user "system:node:"',
    );
  });
});
