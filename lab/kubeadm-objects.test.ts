import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pino from 'pino';
import { type Cluster, startCluster } from './cluster';
import { defenceSettings } from './defences';
import { mintLabPki } from './lab-pki';

/** What a lab lets those do who join it, asked of its apiserver. */
let cluster: Cluster;

beforeAll(async () => {
  const settings = defenceSettings('none');
  if (settings === null) throw new Error('the defence none is always run');
  cluster = await startCluster({ pki: await mintLabPki(), settings, log: pino({ level: 'silent' }) });
}, 30_000);

afterAll(() => cluster?.close());

const joining = 'group system:bootstrappers:kubeadm:default-node-token';
const proxy = 'user system:serviceaccount:kube-system:kube-proxy';
const node = 'group system:nodes';
const anybody = 'user system:anonymous';

test.each([
  [joining, 'create certificatesigningrequests.certificates.k8s.io', true],
  [joining, 'create certificatesigningrequests.certificates.k8s.io/nodeclient', true],
  [joining, 'create certificatesigningrequests.certificates.k8s.io/selfnodeclient', false],
  [joining, 'get nodes node-1', true],
  [joining, 'list nodes', false],
  ['group system:bootstrappers', 'create certificatesigningrequests.certificates.k8s.io', false],
  [node, 'create certificatesigningrequests.certificates.k8s.io/selfnodeclient', true],
  [node, 'create certificatesigningrequests.certificates.k8s.io/nodeclient', false],
  [node, 'approve signers.certificates.k8s.io kubernetes.io/kubelet-serving', false],
  // The group alone is no node.
  [node, 'get secrets', false],
  [anybody, 'get configmaps cluster-info kube-public', true],
  [anybody, 'get configmaps other kube-public', false],
  [anybody, 'list configmaps', false],
  [proxy, 'watch services', true],
  [proxy, 'list endpointslices.discovery.k8s.io', true],
  [proxy, 'list secrets', false],
  ['group kubeadm:cluster-admins', 'delete nodes node-1', true],
])('%s, %s: %s', async (who, what, allowed) => {
  const [kind = '', subject = ''] = who.split(' ');
  const [verb, target = '', name = '', namespace = ''] = what.split(' ');
  const [qualified = '', subresource = ''] = target.split('/');
  const [resource, ...group] = qualified.split('.');
  const spec = {
    ...(kind === 'user' ? { user: subject } : { groups: [subject] }),
    resourceAttributes: { verb, resource, subresource, group: group.join('.'), name, namespace },
  };
  const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
  const answer = await cluster.admin.request('POST', path, { body });
  expect(answer.json()).toMatchObject({ status: { allowed } });
});
