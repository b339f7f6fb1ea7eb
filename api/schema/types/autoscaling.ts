import type { TypeTable } from '../type-table';

/** k8s.io/api autoscaling/v1/types.go. */
export const autoscalingTypes: TypeTable = {
  package: 'io.k8s.api.autoscaling.v1',
  apiVersion: 'autoscaling/v1',
  types: `
kind Scale: How many replicas there are, and shall be.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 spec ScaleSpec: What is wanted.
  3 status ScaleStatus: What is, as last observed. Set by the system, read-only.

ScaleSpec
  1 replicas int32: How many there shall be.

ScaleStatus
  1 replicas int32 required: How many there are.
  2 selector string: Which pods they are, as a label selector.
`,
};
