import { type Failure, forbiddenObject } from '../../api/failures';
import { fieldsOf, itemsOf, textOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import type { Randomness } from '../../randomness';
import { isMirrorPod } from '../mirror-pod';
import type { Cluster } from '../place';
import { randomSuffix } from '../random-suffix';
import { kindOf } from '../registry';

/**
 * Admission ServiceAccount: a pod runs as an account that exists, and finds its token in its file system.
 * Source: plugin/pkg/admission/serviceaccount/admission.go (release 1.33).
 */
export function admitServiceAccount(cluster: Cluster, pod: KubeObject): Failure | null {
  const spec = fieldsOf(pod['spec']);
  const namespace = pod.metadata.namespace ?? '';
  if (isMirrorPod(pod)) return admitMirror(pod, spec);
  if (textOf(spec['serviceAccountName']) === '') {
    spec['serviceAccountName'] = 'default';
    spec['serviceAccount'] = 'default';
  }
  const name = textOf(spec['serviceAccountName']);
  const account = cluster.storage.get(kindOf('serviceaccounts'), namespace, name);
  if (account === null) {
    const why = `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`;
    return forbiddenObject({ group: '', resource: 'pods' }, pod.metadata.name, why);
  }
  const automount = spec['automountServiceAccountToken'] ?? account['automountServiceAccountToken'] ?? true;
  if (automount !== false)
    mountToken(spec, cluster.randomFor(`token volume of ${namespace}/${pod.metadata.name}`));
  const secrets = itemsOf(account['imagePullSecrets']);
  if (itemsOf(spec['imagePullSecrets']).length === 0 && secrets.length > 0)
    spec['imagePullSecrets'] = structuredClone(secrets);
  return null;
}

/** A pod of a kubelet's own files has no account. */
function admitMirror(pod: KubeObject, spec: Readonly<Record<string, unknown>>): Failure | null {
  const refuse = (why: string) => forbiddenObject({ group: '', resource: 'pods' }, pod.metadata.name, why);
  if (textOf(spec['serviceAccountName']) !== '')
    return refuse('a mirror pod may not reference service accounts');
  const usesToken = itemsOf(spec['volumes']).some((volume) =>
    itemsOf(fieldsOf(volume['projected'])['sources']).some((source) => 'serviceAccountToken' in source),
  );
  return usesToken ? refuse('a mirror pod may not use ServiceAccountToken volume projections') : null;
}

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const namePrefix = 'kube-api-access-';

/** A volume of that name that the pod brought along is taken for the token's. */
function mountToken(spec: Record<string, unknown>, random: Randomness): void {
  const volumes = itemsOf(spec['volumes']);
  const own = volumes.find(({ name }) => textOf(name).startsWith(namePrefix));
  const name = own === undefined ? freeName(volumes, random) : textOf(own['name']);
  let used = false;
  for (const container of [...itemsOf(spec['initContainers']), ...itemsOf(spec['containers'])]) {
    const mounts = itemsOf(container['volumeMounts']);
    if (mounts.some((mount) => mount['mountPath'] === mountPath)) continue;
    container['volumeMounts'] = [...mounts, { name, readOnly: true, mountPath }];
    used = true;
  }
  if (used && own === undefined) spec['volumes'] = [...volumes, tokenVolume(name)];
}

function freeName(volumes: readonly Readonly<Record<string, unknown>>[], random: Randomness): string {
  for (;;) {
    const name = `${namePrefix}${randomSuffix(random)}`;
    if (!volumes.some((volume) => volume['name'] === name)) return name;
  }
}

function tokenVolume(name: string): object {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 420,
    },
  };
}
