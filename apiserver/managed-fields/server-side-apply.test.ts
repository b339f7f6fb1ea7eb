import { describe, expect, test } from '@jest/globals';
import { type Failure, isFailure } from '../../api/failures';
import type { KubeObject } from '../../api/objects';
import type { Cluster } from '../place';
import { kindOf } from '../registry';
import { patchObject, updateObject } from '../resources';
import { add, testingCluster } from '../testing-cluster';

const applyType = 'application/apply-patch+yaml';
const mergeType = 'application/merge-patch+json';

interface Given {
  readonly manager?: string;
  readonly force?: boolean;
  readonly contentType?: string;
  readonly subresource?: '' | 'status';
}

function patch(cluster: Cluster, resource: string, name: string, value: unknown, given: Given = {}) {
  const { manager = 'one', force = false, contentType = applyType, subresource = '' } = given;
  const place = { kind: kindOf(resource), namespace: 'default', name, subresource };
  return patchObject(cluster, place, { contentType, value }, { dryRun: false, fieldManager: manager, force });
}

function stored(outcome: KubeObject | Failure): KubeObject {
  if (isFailure(outcome)) throw new Error(outcome.message);
  return outcome;
}

function refused(outcome: KubeObject | Failure): Failure {
  if (!isFailure(outcome)) throw new Error('it was not refused');
  return outcome;
}

function config(data: Record<string, string>, rest: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', ...rest }, data };
}

function deployment(replicas: number | null, ...images: [name: string, image: string][]): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      ...(replicas === null ? {} : { replicas }),
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: images.map(([name, image]) => ({ name, image })) },
      },
    },
  };
}

describe('server-side apply', () => {
  test('creates what is not there, and says who owns it', () => {
    const { metadata } = stored(patch(testingCluster(), 'configmaps', 'c', config({ a: '1' })));
    expect(metadata.managedFields).toEqual([
      {
        manager: 'one',
        operation: 'Apply',
        apiVersion: 'v1',
        time: '2025-06-01T12:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { 'f:a': {} } },
      },
    ]);
  });

  test('removes what the applier no longer mentions and nobody else owns', () => {
    const cluster = testingCluster();
    patch(cluster, 'configmaps', 'c', config({ a: '1', b: '2', c: '3' }));
    patch(cluster, 'configmaps', 'c', config({ b: '2' }), { manager: 'two' });
    const after = stored(patch(cluster, 'configmaps', 'c', config({ a: '1' })));
    expect(after['data']).toEqual({ a: '1', b: '2' });
  });

  test('conflicts with whoever owns what it changes, until it is forced', () => {
    const cluster = testingCluster();
    patch(cluster, 'deployments', 'web', deployment(1, ['main', 'web:1']));
    patch(
      cluster,
      'deployments',
      'web',
      { spec: { replicas: 3 } },
      { manager: 'scaler', contentType: mergeType },
    );
    const again = deployment(2, ['main', 'web:1']);
    expect(refused(patch(cluster, 'deployments', 'web', again))).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "scaler" using apps/v1: .spec.replicas',
      details: {
        causes: [
          {
            reason: 'FieldManagerConflict',
            message: 'conflict with "scaler" using apps/v1',
            field: '.spec.replicas',
          },
        ],
      },
    });
    const forced = stored(patch(cluster, 'deployments', 'web', again, { force: true }));
    expect(forced['spec']).toMatchObject({ replicas: 2 });
    expect(JSON.stringify(forced.metadata.managedFields)).not.toContain('scaler');
  });

  test('names several conflicts by owner', () => {
    const cluster = testingCluster();
    patch(cluster, 'configmaps', 'c', config({ a: '1', b: '1', c: '1' }));
    patch(cluster, 'configmaps', 'c', config({ c: '2' }), { manager: 'three', force: true });
    expect(
      refused(patch(cluster, 'configmaps', 'c', config({ a: '2', b: '2', c: '1' }), { manager: 'x' }))
        .message,
    ).toBe(`Apply failed with 3 conflicts: conflicts with "one":
- .data.a
- .data.b
conflicts with "three":
- .data.c`);
  });

  test('owns the items of a list by their keys', () => {
    const cluster = testingCluster();
    patch(cluster, 'deployments', 'web', deployment(1, ['main', 'web:1'], ['side', 'side:1']));
    const after = stored(patch(cluster, 'deployments', 'web', deployment(1, ['main', 'web:2'])));
    expect(after['spec']).toMatchObject({
      template: { spec: { containers: [{ name: 'main', image: 'web:2' }] } },
    });
    expect(JSON.stringify(after.metadata.managedFields)).toContain('k:{\\"name\\":\\"main\\"}');
  });

  test('changes nothing when it says what is so already', () => {
    const cluster = testingCluster();
    const first = stored(patch(cluster, 'deployments', 'web', deployment(1, ['main', 'web:1'])));
    const second = stored(patch(cluster, 'deployments', 'web', deployment(1, ['main', 'web:1'])));
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  test.each([
    [
      { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'c' } },
      400,
      'invalid object type: /v1, Kind=Secret',
    ],
    [config({}, { managedFields: [] }), 400, 'metadata.managedFields must be nil'],
    [
      { ...config({}), spec: { a: 1 } },
      500,
      'failed to create typed patch object (/c; /v1, Kind=ConfigMap): .spec: field not declared in schema',
    ],
    [
      config({}, { uid: 'u' }),
      409,
      'Operation cannot be fulfilled on configmaps "c": uid mismatch: the provided object specified uid u, and no existing object was found',
    ],
    [config({}, { name: 'd' }), 400, 'the name of the object (d) does not match the name on the URL (c)'],
  ])('of %j is refused with %d', (value, code, message) => {
    expect(refused(patch(testingCluster(), 'configmaps', 'c', value))).toMatchObject({ code, message });
  });

  test('does not conflict with what kubectl applied from the client', () => {
    const cluster = testingCluster();
    const last = JSON.stringify(config({ a: '1' }));
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': last };
    patch(cluster, 'configmaps', 'c', config({ a: '1' }, { annotations }), {
      manager: 'kubectl-client-side-apply',
    });
    const after = stored(patch(cluster, 'configmaps', 'c', config({ a: '2' }), { manager: 'kubectl' }));
    expect(after['data']).toEqual({ a: '2' });
    expect(after.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration']).toContain(
      '"a":"2"',
    );
  });
});

describe('an update', () => {
  test('makes its writer the owner of what it changed', () => {
    const cluster = testingCluster();
    patch(cluster, 'configmaps', 'c', config({ a: '1', b: '1' }));
    const after = stored(
      patch(cluster, 'configmaps', 'c', { data: { a: '2' } }, { manager: 'two', contentType: mergeType }),
    );
    expect(after.metadata.managedFields).toMatchObject([
      { manager: 'one', fieldsV1: { 'f:data': { 'f:b': {} } } },
      { manager: 'two', operation: 'Update', fieldsV1: { 'f:data': { 'f:a': {} } } },
    ]);
  });

  test('starts anew with managedFields of nothing', () => {
    const cluster = testingCluster();
    patch(cluster, 'configmaps', 'c', config({ a: '1' }));
    const reset = [{ op: 'replace', path: '/metadata/managedFields', value: [{}] }];
    const contentType = 'application/json-patch+json';
    const after = stored(patch(cluster, 'configmaps', 'c', reset, { contentType }));
    expect(after.metadata.managedFields).toBeUndefined();
  });

  test('of a status is owned apart', () => {
    const cluster = testingCluster();
    patch(cluster, 'deployments', 'web', deployment(1, ['main', 'web:1']));
    const after = stored(
      patch(
        cluster,
        'deployments',
        'web',
        { spec: { replicas: 9 }, status: { replicas: 1 } },
        { manager: 'controller', contentType: mergeType, subresource: 'status' },
      ),
    );
    expect(after['spec']).toMatchObject({ replicas: 1 });
    expect(after.metadata.managedFields?.[1]).toMatchObject({
      manager: 'controller',
      subresource: 'status',
      fieldsV1: { 'f:status': { 'f:replicas': {} } },
    });
  });

  test('of more than ten updaters puts the oldest together', () => {
    const cluster = testingCluster();
    patch(cluster, 'configmaps', 'c', config({}));
    for (let at = 0; at < 14; at++) {
      const change = { data: { [`k${at}`]: 'v' } };
      patch(cluster, 'configmaps', 'c', change, { manager: `m${at}`, contentType: mergeType });
    }
    const object = cluster.storage.get(kindOf('configmaps'), 'default', 'c');
    const names =
      object?.metadata.managedFields?.map((entry) => (entry as { manager: string }).manager) ?? [];
    expect(names).toContain('ancient-changes');
    expect(names).toHaveLength(10);
  });

  test('cannot change a uid', () => {
    const cluster = testingCluster();
    const { object, ...place } = add(cluster, config({}) as KubeObject);
    expect(
      refused(patch(cluster, 'configmaps', 'c', { metadata: { uid: 'x' } }, { contentType: mergeType }))
        .message,
    ).toBe('ConfigMap "c" is invalid: metadata.uid: Invalid value: "x": field is immutable');
    const given = { ...object, metadata: { ...object.metadata, uid: 'x' } };
    expect(updateObject(cluster, { ...place, subresource: '' }, given, { dryRun: false })).toMatchObject({
      code: 409,
    });
  });

  test('makes what is not there for some kinds, and needs a version for some', () => {
    const cluster = testingCluster();
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec: {} };
    const place = {
      kind: kindOf('leases'),
      namespace: 'default',
      name: 'l',
      subresource: '',
    } as const;
    expect(stored(updateObject(cluster, place, lease, { dryRun: false })).metadata.uid).toBeDefined();
    expect(refused(updateObject(cluster, place, lease, { dryRun: false })).message).toBe(
      'leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
    );
  });
});
