import type { TypeTable } from '../type-table';

/** k8s.io/api autoscaling/v1/types.go. */
export const autoscalingTypes: TypeTable = {
  package: 'io.k8s.api.autoscaling.v1',
  apiVersion: 'autoscaling/v1',
  types: `
kind Scale
  1 metadata meta.ObjectMeta
  2 spec ScaleSpec
  3 status ScaleStatus

ScaleSpec
  1 replicas int32

ScaleStatus
  1 replicas int32 required
  2 selector string
`,
};
