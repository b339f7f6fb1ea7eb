import type { TypeTable } from '../type-table';

/** k8s.io/api core/v1/types.go. */
export const coreConfigTypes: TypeTable = {
  package: 'io.k8s.api.core.v1',
  apiVersion: 'v1',
  types: `
kind Secret SecretList: Data that not everybody shall read, of less than 1 MiB.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  5 immutable *bool: Whether the data can no longer be changed.
  2 data map[string]bytes: The data, each value in base64. Keys have letters, digits, '-', '_' and '.'.
  4 stringData map[string]string: The same as text, for writing only: it is merged into data, and never read back.
  3 type SecretType: What the data is for, so that programs can check it.

SecretType = string

kind ConfigMap ConfigMapList: Settings for pods to read.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  4 immutable *bool: Whether the data can no longer be changed.
  2 data map[string]string: The settings, as text. Keys have letters, digits, '-', '_' and '.'.
  3 binaryData map[string]bytes: Settings that are no text, in base64. No key may be in data too.

kind ServiceAccount ServiceAccountList: An identity for what runs in pods.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 secrets []ObjectReference listType=map listMapKey=name patchStrategy=merge patchMergeKey=name: Secrets that pods of the account may use. Only old clusters find tokens here.
  3 imagePullSecrets []LocalObjectReference listType=atomic: Secrets with which images are pulled for pods of the account.
  4 automountServiceAccountToken *bool: Whether pods of the account get a token mounted; a pod can say otherwise.
`,
};
