import { beforeEach, describe, expect, test } from '@jest/globals';
import { isFailure } from '../../api/failures';
import type { KubeObject } from '../../api/objects';
import type { Cluster } from '../place';
import { kindOf } from '../registry';
import { createObject } from '../resources';
import { add, pod, testingCluster } from '../testing-cluster';
import { chooseAdmissionPlugins } from './admission-plugins';

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
let cluster: Cluster;

beforeEach(() => {
  cluster = { ...testingCluster(), admission: chooseAdmissionPlugins([], []) };
  add(cluster, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'robot', namespace: 'default' },
  });
  add(cluster, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'quiet', namespace: 'default' },
    automountServiceAccountToken: false,
    imagePullSecrets: [{ name: 'registry' }],
  });
});

interface Spec {
  readonly serviceAccountName?: string;
  readonly volumes?: readonly { readonly name: string }[];
  readonly imagePullSecrets?: readonly object[];
  readonly containers: readonly { readonly volumeMounts?: readonly object[] }[];
}

function create(object: KubeObject): Spec | string {
  const place = { kind: kindOf('pods'), namespace: 'default', name: '' };
  const created = createObject(cluster, place, object, { dryRun: false });
  return isFailure(created) ? (created.message ?? '') : (created['spec'] as Spec);
}

describe('a pod', () => {
  test('finds the token of its account in its file system', () => {
    const spec = create(pod('web', { serviceAccountName: 'robot' })) as Spec;
    const name = spec.volumes?.[0]?.name;
    expect(name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    expect(spec.containers[0]?.volumeMounts).toEqual([{ name, readOnly: true, mountPath }]);
  });

  test.each<[string, object]>([
    ['its own word', { serviceAccountName: 'robot', automountServiceAccountToken: false }],
    ['the word of its account', { serviceAccountName: 'quiet' }],
  ])('goes without by %s', (_whose, given) => {
    const spec = create(pod('web', given)) as Spec;
    expect(spec.volumes).toBeUndefined();
  });

  test('has one by its own word, against the word of its account', () => {
    const given = { serviceAccountName: 'quiet', automountServiceAccountToken: true };
    expect((create(pod('web', given)) as Spec).volumes).toHaveLength(1);
  });

  test('pulls with the secrets of its account', () => {
    expect((create(pod('web', { serviceAccountName: 'quiet' })) as Spec).imagePullSecrets).toEqual([
      { name: 'registry' },
    ]);
  });

  test('needs an account that is there, and default is the one it has unasked', () => {
    expect(create(pod('web'))).toBe(
      'pods "web" is forbidden: error looking up service account default/default: serviceaccount "default" not found',
    );
    cluster = { ...cluster, admission: chooseAdmissionPlugins([], ['ServiceAccount']) };
    expect((create(pod('web')) as Spec).serviceAccountName).toBeUndefined();
  });
});

test('a plugin nobody knows is refused with the nearest name', () => {
  expect(() => chooseAdmissionPlugins([], ['ServiceAcount'])).toThrow(
    'disable-admission-plugins plugin "ServiceAcount" is unknown',
  );
});
