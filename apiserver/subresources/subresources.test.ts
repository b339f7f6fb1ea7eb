import { describe, expect, test } from '@jest/globals';
import { isFailure } from '../../api/failures';
import type { KubeObject } from '../../api/objects';
import { kindOf } from '../registry';
import { add, deployment, pod, testingCluster } from '../testing-cluster';
import { binding } from './binding';
import { eviction } from './eviction';
import { scale } from './scale';
import { subresourceHandler } from './subresources';

const options = { dryRun: false };

function body(kind: string, name: string, rest: object): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name }, ...rest };
}

describe('scale', () => {
  test('shows how many there are, and which', () => {
    const cluster = testingCluster();
    const place = add(cluster, deployment('web', 3));
    const { uid, resourceVersion, creationTimestamp } = place.object.metadata;
    expect(scale.get?.(cluster, place)).toEqual({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name: 'web', namespace: 'default', uid, resourceVersion, creationTimestamp },
      spec: { replicas: 3 },
      status: { replicas: 0, selector: 'app=web' },
    });
  });

  test('changes the replicas and nothing else', () => {
    const cluster = testingCluster();
    const place = add(cluster, deployment('web', 3));
    const scaled = scale.update?.(cluster, place, body('Scale', 'web', { spec: {} }), options);
    expect(scaled).toMatchObject({ kind: 'Scale', spec: {} });
    const stored = cluster.storage.get(place.kind, 'default', 'web');
    expect(stored?.['spec']).toEqual({ ...(place.object['spec'] as object), replicas: 0 });
    expect(stored?.metadata.generation).toBe(2);
  });

  test.each([
    [
      { spec: { replicas: -1 } },
      422,
      'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      { metadata: { name: 'web', resourceVersion: '1' }, spec: { replicas: 2 } },
      409,
      'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply your changes to the latest version and try again',
    ],
    [
      { metadata: { name: 'other' } },
      400,
      'the name of the object (other) does not match the name on the URL (web)',
    ],
  ])('%j is refused with %i', (rest, code, message) => {
    const cluster = testingCluster();
    const place = add(cluster, deployment('web', 3));
    const refused = scale.update?.(cluster, place, body('Scale', 'web', rest), options);
    expect(refused).toMatchObject({ code, message });
  });
});

describe('binding', () => {
  const toNode = { target: { apiVersion: 'v1', kind: 'Node', name: 'node-1' } };

  test('puts a pod on a node and says that it is scheduled', () => {
    const cluster = testingCluster();
    const place = add(cluster, pod('web'));
    expect(binding.create?.(cluster, place, body('Binding', 'web', toNode), options)).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      code: 201,
    });
    expect(cluster.storage.get(place.kind, 'default', 'web')).toMatchObject({
      spec: { nodeName: 'node-1' },
      status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'True' }] },
    });
  });

  test.each([
    [
      pod('web', { nodeName: 'node-2' }),
      toNode,
      409,
      'Operation cannot be fulfilled on pods/binding "web": pod web is already assigned to node "node-2"',
    ],
    [
      pod('web', { schedulingGates: [{ name: 'g' }] }),
      toNode,
      409,
      'Operation cannot be fulfilled on pods/binding "web": pod web has non-empty .spec.schedulingGates',
    ],
    [pod('web'), { target: { kind: 'Node' } }, 500, 'target.name: Required value'],
    [
      pod('web'),
      { target: { kind: 'Pod' } },
      500,
      '[target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>", target.name: Required value]',
    ],
    [pod('web'), { metadata: { name: 'b' } }, 400, 'name in URL does not match name in Binding object'],
  ])('is refused (%#)', (object, rest, code, message) => {
    const cluster = testingCluster();
    const place = add(cluster, object);
    expect(binding.create?.(cluster, place, body('Binding', 'web', rest), options)).toMatchObject({
      code,
      message,
    });
  });
});

test('a binding may name its pod in the body alone', () => {
  const cluster = testingCluster();
  const place = add(cluster, pod('web'));
  const given = body('Binding', 'web', { target: { kind: 'Node', name: 'node-1' } });
  const bindings = { kind: kindOf('bindings'), namespace: 'default', name: '' };
  expect(subresourceHandler(bindings.kind, '')?.create?.(cluster, bindings, given, options)).toMatchObject({
    code: 201,
  });
  expect(cluster.storage.get(place.kind, 'default', 'web')).toMatchObject({ spec: { nodeName: 'node-1' } });
});

describe('eviction', () => {
  test('marks a pod that runs and lets its node end it', () => {
    const cluster = testingCluster();
    const place = add(cluster, pod('web', { nodeName: 'node-1' }));
    const outcome = eviction.create?.(cluster, place, body('Eviction', 'web', {}), options);
    expect(outcome).toMatchObject({ status: 'Success', code: 201 });
    expect(cluster.storage.get(place.kind, 'default', 'web')).toMatchObject({
      metadata: { deletionGracePeriodSeconds: 30 },
      status: { conditions: [{ type: 'DisruptionTarget', reason: 'EvictionByEvictionAPI' }] },
    });
  });

  test('changes nothing when it is only tried', () => {
    const cluster = testingCluster();
    const place = add(cluster, pod('web', { nodeName: 'node-1' }));
    expect(eviction.create?.(cluster, place, body('Eviction', 'web', {}), { dryRun: true })).toMatchObject({
      code: 201,
    });
    expect(cluster.storage.get(place.kind, 'default', 'web')).toEqual(place.object);
  });

  test.each([false, true])('changes nothing when its body only tries it (the query too: %s)', (dryRun) => {
    const cluster = testingCluster();
    const place = add(cluster, pod('web', { nodeName: 'node-1' }));
    const tried = body('Eviction', 'web', { deleteOptions: { dryRun: ['All'] } });
    expect(eviction.create?.(cluster, place, tried, { dryRun })).toMatchObject({ code: 201 });
    expect(cluster.storage.get(place.kind, 'default', 'web')).toEqual(place.object);
  });

  test.each([
    [
      false,
      422,
      'DeleteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
    ],
    [true, 500, 'Non-matching dry-run options in request and content: [All] and [Some]'],
  ])('tried in a way that nobody knows is refused (in the query too: %s)', (dryRun, code, message) => {
    const cluster = testingCluster();
    const place = add(cluster, pod('web', { nodeName: 'node-1' }));
    const tried = body('Eviction', 'web', { deleteOptions: { dryRun: ['Some'] } });
    expect(eviction.create?.(cluster, place, tried, { dryRun })).toMatchObject({ code, message });
    expect(cluster.storage.get(place.kind, 'default', 'web')).toEqual(place.object);
  });

  test('of a pod that is not there is 404', () => {
    const cluster = testingCluster();
    const place = { kind: kindOf('pods'), namespace: 'default', name: 'web' };
    const outcome = eviction.create?.(cluster, place, body('Eviction', 'web', {}), options);
    expect(outcome !== undefined && isFailure(outcome)).toBe(true);
    expect(outcome).toMatchObject({ code: 404, message: 'pods "web" not found' });
  });
});

test('only what has a body of its own has a handler', () => {
  expect(subresourceHandler(kindOf('deployments'), 'scale')).toBe(scale);
  expect(subresourceHandler(kindOf('deployments'), 'status')).toBeNull();
  expect(subresourceHandler(kindOf('configmaps'), 'scale')).toBeNull();
});
