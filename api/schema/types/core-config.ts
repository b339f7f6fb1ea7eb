import type { TypeTable } from '../type-table';

/** k8s.io/api core/v1/types.go. */
export const coreConfigTypes: TypeTable = {
  package: 'io.k8s.api.core.v1',
  apiVersion: 'v1',
  types: `
kind Secret SecretList
  1 metadata meta.ObjectMeta
  5 immutable *bool
  2 data map[string]bytes
  4 stringData map[string]string
  3 type SecretType

SecretType = string

kind ConfigMap ConfigMapList
  1 metadata meta.ObjectMeta
  4 immutable *bool
  2 data map[string]string
  3 binaryData map[string]bytes

kind ServiceAccount ServiceAccountList
  1 metadata meta.ObjectMeta
  2 secrets []ObjectReference listType=map listMapKey=name patchStrategy=merge patchMergeKey=name
  3 imagePullSecrets []LocalObjectReference listType=atomic
  4 automountServiceAccountToken *bool
`,
};
