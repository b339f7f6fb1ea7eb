import { describe, expect, test } from '@jest/globals';
import { type Attributes, attributesOf, type Decision, type User } from '../authorize';
import { nodeRules } from '../rbac-default-rules';
import { requestInfo } from '../request-info';
import { nodeAuthorizer } from './node-authorizer';
import { NodeGraph } from './node-graph';

const node1: User = { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };

function graphOfPods(): NodeGraph {
  const graph = new NodeGraph();
  const pod = (name: string, nodeName: string, spec: object, annotations = {}) =>
    graph.addPod({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'ns', uid: name, annotations },
      spec: { nodeName, ...spec },
    });
  pod('mine', 'n1', {
    serviceAccountName: 'robot',
    imagePullSecrets: [{ name: 'pull' }],
    initContainers: [{ env: [{ valueFrom: { secretKeyRef: { name: 'of-init' } } }] }],
    containers: [{ envFrom: [{ secretRef: { name: 'of-env' } }, { configMapRef: { name: 'settings' } }] }],
    volumes: [
      { name: 'a', secret: { secretName: 'of-volume' } },
      {
        name: 'b',
        projected: { sources: [{ secret: { name: 'projected' } }, { configMap: { name: 'ca' } }] },
      },
      { name: 'c', persistentVolumeClaim: { claimName: 'disk' } },
      { name: 'scratch', ephemeral: {} },
    ],
  });
  pod('other', 'n2', {
    serviceAccountName: 'other',
    containers: [{ env: [{ valueFrom: { configMapKeyRef: { name: 'far' } } }] }],
    volumes: [{ name: 'a', secret: { secretName: 'far' } }],
  });
  const mirror = { 'kubernetes.io/config.mirror': 'x' };
  pod('static', 'n1', { volumes: [{ name: 'a', secret: { secretName: 'wanted' } }] }, mirror);
  pod('waiting', '', { volumes: [{ name: 'a', secret: { secretName: 'later' } }] });
  return graph;
}

const authorizer = nodeAuthorizer(graphOfPods(), nodeRules);

function ask(method: string, url: string, user: User = node1): Decision {
  const [path = '', query = ''] = url.split('?');
  const info = requestInfo(method, path, query);
  if (info === null) throw new Error(`malformed: ${url}`);
  return authorizer(attributesOf(info, user));
}

const namespace = '/api/v1/namespaces/ns';
const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
const slices = '/apis/resource.k8s.io/v1beta1/resourceslices';
const csiNodes = '/apis/storage.k8s.io/v1/csinodes';

describe('a node may', () => {
  test.each([
    ['GET', `${namespace}/secrets/pull`],
    ['GET', `${namespace}/secrets/of-init`],
    ['GET', `${namespace}/secrets/of-env`],
    ['GET', `${namespace}/secrets/of-volume`],
    ['GET', `${namespace}/secrets/projected`],
    ['GET', `${namespace}/secrets?fieldSelector=metadata.name=pull`],
    ['GET', `${namespace}/secrets?watch=1&fieldSelector=metadata.name%3Dpull`],
    ['GET', `${namespace}/configmaps/settings`],
    ['GET', `${namespace}/configmaps/ca`],
    ['GET', `${namespace}/persistentvolumeclaims/disk`],
    ['GET', `${namespace}/persistentvolumeclaims/mine-scratch`],
    ['PATCH', `${namespace}/persistentvolumeclaims/disk/status`],
    ['POST', `${namespace}/serviceaccounts/robot/token`],
    ['POST', leases],
    ['GET', `${leases}/n1`],
    ['PUT', `${leases}/n1`],
    ['DELETE', `${leases}/n1`],
    ['POST', csiNodes],
    ['PATCH', `${csiNodes}/n1`],
    ['POST', slices],
    ['GET', `${slices}?watch=true&fieldSelector=nodeName=n1`],
    ['POST', '/api/v1/nodes'],
    ['GET', '/api/v1/nodes/n1'],
    ['GET', '/api/v1/nodes?watch=true&fieldSelector=metadata.name=n1'],
    // What it may change of others is a matter of admission.
    ['PATCH', '/api/v1/nodes/n2'],
    ['PATCH', '/api/v1/nodes/n2/status'],
    ['GET', `${namespace}/pods/mine`],
    ['GET', `${namespace}/pods/static`],
    ['GET', `${namespace}/pods?fieldSelector=metadata.name=mine`],
    ['GET', '/api/v1/pods?fieldSelector=spec.nodeName=n1'],
    ['GET', '/api/v1/pods?watch=1&fieldSelector=status.phase!=Failed,spec.nodeName==n1'],
    ['POST', `${namespace}/pods`],
    ['DELETE', `${namespace}/pods/other`],
    ['PATCH', `${namespace}/pods/other/status`],
    ['POST', `${namespace}/pods/other/eviction`],
    ['GET', '/api/v1/services?watch=1'],
    ['GET', `${namespace}/endpoints/web`],
    ['POST', `${namespace}/events`],
    ['POST', '/apis/authentication.k8s.io/v1/tokenreviews'],
    ['POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews'],
    ['POST', '/apis/certificates.k8s.io/v1/certificatesigningrequests'],
    ['GET', '/apis/node.k8s.io/v1/runtimeclasses'],
  ])('%s %s', (method, url) => {
    expect(ask(method, url)).toEqual({ kind: 'allow', reason: '' });
  });
});

describe('a node may not', () => {
  const stranger = "no relationship found between node 'n1' and this object";
  test.each([
    ['GET', `${namespace}/secrets/far`, stranger],
    ['GET', `${namespace}/secrets/later`, stranger],
    // It made that pod itself.
    ['GET', `${namespace}/secrets/wanted`, stranger],
    ['GET', '/api/v1/namespaces/elsewhere/secrets/pull', stranger],
    ['GET', `${namespace}/secrets`, 'No Object name found'],
    ['GET', `${namespace}/secrets?fieldSelector=metadata.name!=pull`, 'No Object name found'],
    [
      'GET',
      '/api/v1/secrets?fieldSelector=metadata.name=pull',
      'can only read namespaced object of this type',
    ],
    ['PUT', `${namespace}/secrets/pull`, 'can only read resources of this type'],
    ['POST', `${namespace}/configmaps`, 'can only read resources of this type'],
    ['GET', `${namespace}/configmaps/far`, stranger],
    ['GET', `${namespace}/configmaps/settings/status`, 'cannot read subresource'],
    ['GET', `${namespace}/persistentvolumeclaims`, 'can only get individual resources of this type'],
    ['GET', `${namespace}/persistentvolumeclaims/disk/status`, 'can only get/update/patch this type'],
    ['GET', '/api/v1/persistentvolumes/v', stranger],
    ['GET', '/api/v1/persistentvolumes/v/status', 'cannot get subresource'],
    ['GET', '/apis/storage.k8s.io/v1/volumeattachments/v', stranger],
    ['POST', `${namespace}/serviceaccounts/other/token`, stranger],
    ['GET', `${namespace}/serviceaccounts/robot`, 'can only create tokens for individual service accounts'],
    ['POST', `${namespace}/serviceaccounts`, 'can only create tokens for individual service accounts'],
    ['GET', `${leases}`, 'can only get, create, update, patch, or delete a node lease'],
    [
      'POST',
      '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases',
      'can only access leases in the "kube-node-lease" system namespace',
    ],
    ['PUT', `${leases}/n2`, 'can only access node lease with the same name as the requesting node'],
    ['GET', csiNodes, 'can only get, create, update, patch, or delete a CSINode'],
    ['GET', `${csiNodes}/n2`, 'can only access CSINode with the same name as the requesting node'],
    ['GET', `${csiNodes}/n1/status`, 'cannot authorize CSINode subresources'],
    ['GET', slices, 'can only list/watch/deletecollection resourceslices with nodeName field selector'],
    ['DELETE', `${slices}/s`, stranger],
    ['GET', '/api/v1/nodes', "node 'n1' cannot read all nodes, only its own Node object"],
    ['GET', '/api/v1/nodes/n2', "node 'n1' cannot read 'n2', only its own Node object"],
    ['DELETE', '/api/v1/nodes/n1', ''],
    ['GET', '/api/v1/nodes/n1/proxy/pods', ''],
    ['GET', `${namespace}/pods/other`, stranger],
    ['GET', `${namespace}/pods/mine/log`, ''],
    ['POST', `${namespace}/pods/mine/exec`, ''],
    ['PATCH', `${namespace}/pods/mine`, ''],
    ['GET', '/api/v1/pods', 'can only list/watch pods with spec.nodeName field selector'],
    [
      'GET',
      '/api/v1/pods?fieldSelector=spec.nodeName=n2',
      'can only list/watch pods with spec.nodeName field selector',
    ],
    [
      'GET',
      '/api/v1/pods?fieldSelector=spec.nodeName!=n1',
      'can only list/watch pods with spec.nodeName field selector',
    ],
    // The old path with the verb in it heeds no selector.
    [
      'GET',
      '/api/v1/watch/pods?fieldSelector=spec.nodeName=n1',
      'can only list/watch pods with spec.nodeName field selector',
    ],
    ['GET', `${namespace}/pods?fieldSelector=metadata.name=other`, stranger],
    ['DELETE', `${namespace}/pods?fieldSelector=spec.nodeName=n1`, ''],
    ['GET', '/apis/apps/v1/deployments', ''],
    ['GET', '/healthz', ''],
  ])('%s %s', (method, url, reason) => {
    expect(ask(method, url)).toEqual({ kind: 'no-opinion', reason });
  });
});

test.each<[string, User, string]>([
  ['a user of that name outside the group', { name: 'system:node:n1', groups: [] }, ''],
  ['a member of the group of another name', { name: 'n1', groups: ['system:nodes'] }, ''],
  [
    'a node without a name',
    { name: 'system:node:', groups: ['system:nodes'] },
    'unknown node for user "system:node:"',
  ],
])('%s is no node', (_who, user, reason) => {
  expect(ask('GET', '/api/v1/services', user)).toEqual({ kind: 'no-opinion', reason });
});

test('who is denied something is told of, others are not', () => {
  const denied: string[] = [];
  const telling = nodeAuthorizer(graphOfPods(), nodeRules, (node, asked: Attributes) =>
    denied.push(`${node} ${asked.verb}`),
  );
  const asked = (user: User, verb: string): Attributes => ({ kind: 'path', user, verb, path: '/x' });
  telling(asked(node1, 'get'));
  telling(asked({ name: 'jane', groups: [] }, 'post'));
  expect(denied).toEqual(['n1 get']);
});
