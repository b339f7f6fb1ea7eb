import { describe, expect, test } from '@jest/globals';
import type { Deployment, ReplicaSet } from '../api/objects';
import { bounds, planDeployment } from './plan-deployment';

function deployment(spec: Partial<Deployment['spec']> = {}, image = 'new'): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default', uid: 'd', generation: 2 },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'web' } },
      template: template(image),
      ...spec,
    },
  };
}

function template(image: string) {
  return { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } };
}

function set(image: string, replicas: number, available = replicas, revision = 1): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `web-${image}`,
      namespace: 'default',
      creationTimestamp: `2025-01-0${revision}T00:00:00Z`,
      annotations: { 'deployment.kubernetes.io/revision': String(revision) },
    },
    spec: { replicas, selector: {}, template: template(image) },
    status: { replicas, availableReplicas: available },
  };
}

const scales = ({ scale }: ReturnType<typeof planDeployment>) =>
  scale.map(({ set: it, to }) => [it.metadata.name, to]);

describe('the bounds of a roll-out', () => {
  test.each([
    [{ replicas: 4 }, { desired: 4, maxSurge: 1, maxUnavailable: 1 }],
    [{ replicas: 10 }, { desired: 10, maxSurge: 3, maxUnavailable: 2 }],
    [{ replicas: 1 }, { desired: 1, maxSurge: 1, maxUnavailable: 0 }],
    [
      { replicas: 3, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '10%' } } },
      { desired: 3, maxSurge: 0, maxUnavailable: 1 },
    ],
    [
      { replicas: 3, strategy: { type: 'Recreate' } },
      { desired: 3, maxSurge: 0, maxUnavailable: 0 },
    ],
  ])('of %j are %j', (spec, expected) => {
    expect(bounds(deployment(spec))).toEqual(expected);
  });
});

describe('the next step of a roll-out', () => {
  test('without any set is to make one with all replicas', () => {
    const { create } = planDeployment(deployment(), []);
    expect(create).toMatchObject({
      metadata: {
        name: expect.stringMatching(/^web-[bcdfghjklmnpqrstvwxz2456789]{1,10}$/),
        annotations: {
          'deployment.kubernetes.io/revision': '1',
          'deployment.kubernetes.io/max-replicas': '5',
        },
        ownerReferences: [{ kind: 'Deployment', name: 'web', uid: 'd', controller: true }],
      },
      spec: { replicas: 4 },
    });
  });

  test('to another template is to make its set no larger than the surge allows', () => {
    expect(planDeployment(deployment(), [set('old', 4)]).create).toMatchObject({
      metadata: { annotations: { 'deployment.kubernetes.io/revision': '2' } },
      spec: { replicas: 1 },
    });
  });

  test.each([
    [
      'the old one may give as many as are available beyond the least',
      [set('old', 4), set('new', 1, 0, 2)],
      [['web-old', 3]],
    ],
    ['what became available makes room', [set('old', 3), set('new', 1, 1, 2)], [['web-new', 2]]],
    ['what never worked goes first', [set('old', 4, 2), set('new', 1, 1, 2)], [['web-old', 2]]],
    [
      'a status from before the last step does not count pods that were let go then',
      [set('old', 3, 4), set('new', 2, 1, 2)],
      [['web-old', 2]],
    ],
    ['nothing can be done while nothing new is available', [set('old', 3), set('new', 2, 0, 2)], []],
    ['the newest is too large', [set('new', 6, 6, 2)], [['web-new', 4]]],
  ])('%s', (_why, sets, expected) => {
    expect(scales(planDeployment(deployment(), sets))).toEqual(expected);
  });

  test('by Recreate is to end all that is old before anything new begins', () => {
    const recreate = deployment({ strategy: { type: 'Recreate' } });
    expect(scales(planDeployment(recreate, [set('old', 4)]))).toEqual([['web-old', 0]]);
    const ending = { ...set('old', 0), status: { replicas: 2 } };
    expect(planDeployment(recreate, [ending])).toMatchObject({ create: null, scale: [] });
    expect(planDeployment(recreate, [set('old', 0)]).create).toMatchObject({ spec: { replicas: 4 } });
  });

  test('of a paused one is only to scale', () => {
    const paused = deployment({ paused: true, replicas: 6 });
    expect(planDeployment(paused, [set('old', 4)])).toMatchObject({ create: null });
    expect(scales(planDeployment(paused, [set('old', 4)]))).toEqual([['web-old', 6]]);
  });

  test('when it is done is to forget what is older than the history goes back', () => {
    const sets = [set('a', 0, 0, 1), set('b', 0, 0, 2), set('c', 0, 0, 3), set('new', 4, 4, 4)];
    const plan = planDeployment(deployment({ revisionHistoryLimit: 1 }), sets);
    expect(plan.delete.map(({ metadata }) => metadata.name)).toEqual(['web-a', 'web-b']);
  });

  test('back to an old template gives its set the next revision', () => {
    const plan = planDeployment(deployment({}, 'old'), [set('old', 0, 0, 1), set('new', 4, 4, 2)]);
    expect(plan).toMatchObject({ revision: '3', newest: { metadata: { name: 'web-old' } } });
  });

  test('of one that is being deleted is none', () => {
    const leaving = deployment();
    leaving.metadata.deletionTimestamp = '2025-01-01T00:00:00Z';
    expect(planDeployment(leaving, [])).toMatchObject({ create: null, scale: [], delete: [] });
  });
});
