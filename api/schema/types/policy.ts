import type { TypeTable } from '../type-table';

/** k8s.io/api policy/v1/types.go. */
export const policyTypes: TypeTable = {
  package: 'io.k8s.api.policy.v1',
  apiVersion: 'policy/v1',
  types: `
kind Eviction: Asks for a pod to leave its node, as far as its disruption budgets allow.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 deleteOptions *meta.DeleteOptions: How it is deleted.
`,
};

/** k8s.io/api policy/v1beta1/types.go. */
export const policyV1Beta1Types: TypeTable = {
  package: 'io.k8s.api.policy.v1beta1',
  apiVersion: 'policy/v1beta1',
  types: `
kind Eviction: Asks for a pod to leave its node, as far as its disruption budgets allow.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 deleteOptions *meta.DeleteOptions: How it is deleted.
`,
};
