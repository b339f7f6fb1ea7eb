import { type Fields, fieldsOf, itemsOf, textOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';

/**
 * What a pod names of its namespace, so that its node has to read it.
 * Source: pkg/api/v1/pod/util.go (VisitPodSecretNames, VisitPodConfigmapNames); pkg/api/pod is the same for internal types.
 */
export function secretNames(pod: KubeObject): ReadonlySet<string> {
  const spec = fieldsOf(pod['spec']);
  const names = itemsOf(spec['imagePullSecrets']).map(({ name }) => name);
  for (const container of allContainers(spec))
    names.push(...ofEnvironment(container, 'secretKeyRef', 'secretRef'));
  for (const volume of itemsOf(spec['volumes'])) {
    names.push(fieldsOf(volume['secret'])['secretName'], fieldsOf(volume['azureFile'])['secretName']);
    for (const source of projected(volume)) names.push(fieldsOf(source['secret'])['name']);
    for (const [kind, field] of secretRefs) names.push(fieldsOf(fieldsOf(volume[kind])[field])['name']);
  }
  return given(names);
}

export function configMapNames(pod: KubeObject): ReadonlySet<string> {
  const spec = fieldsOf(pod['spec']);
  const names: unknown[] = [];
  for (const container of allContainers(spec))
    names.push(...ofEnvironment(container, 'configMapKeyRef', 'configMapRef'));
  for (const volume of itemsOf(spec['volumes'])) {
    names.push(fieldsOf(volume['configMap'])['name']);
    for (const source of projected(volume)) names.push(fieldsOf(source['configMap'])['name']);
  }
  return given(names);
}

/** An ephemeral volume's claim is named after its pod (k8s.io/component-helpers storage/ephemeral). */
export function claimNames(pod: KubeObject): ReadonlySet<string> {
  return given(
    itemsOf(fieldsOf(pod['spec'])['volumes']).map(({ name, persistentVolumeClaim, ephemeral }) =>
      ephemeral === undefined
        ? fieldsOf(persistentVolumeClaim)['claimName']
        : `${pod.metadata.name}-${textOf(name)}`,
    ),
  );
}

/** The sources of a projected volume; [] of any other. */
export function projected(volume: Fields): Fields[] {
  return itemsOf(fieldsOf(volume['projected'])['sources']);
}

const secretRefs = [
  ['cephfs', 'secretRef'],
  ['cinder', 'secretRef'],
  ['csi', 'nodePublishSecretRef'],
  ['flexVolume', 'secretRef'],
  ['iscsi', 'secretRef'],
  ['rbd', 'secretRef'],
  ['scaleIO', 'secretRef'],
  ['storageos', 'secretRef'],
] as const;

function allContainers(spec: Fields): Fields[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) => itemsOf(spec[list]));
}

function ofEnvironment(container: Fields, keyRef: string, ref: string): unknown[] {
  return [
    ...itemsOf(container['envFrom']).map((source) => fieldsOf(source[ref])['name']),
    ...itemsOf(container['env']).map(({ valueFrom }) => fieldsOf(fieldsOf(valueFrom)[keyRef])['name']),
  ];
}

function given(names: readonly unknown[]): ReadonlySet<string> {
  return new Set(names.map(textOf).filter((name) => name !== ''));
}
