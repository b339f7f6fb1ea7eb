import type { TypeTable } from '../type-table';

/** k8s.io/metrics pkg/apis/metrics/v1beta1/types.go. */
export const metricsTypes: TypeTable = {
  package: 'io.k8s.metrics.pkg.apis.metrics.v1beta1',
  apiVersion: 'metrics.k8s.io/v1beta1',
  types: `
kind NodeMetrics NodeMetricsList
  1 metadata meta.ObjectMeta
  2 timestamp Time required
  3 window Duration required
  4 usage core.ResourceList required

kind PodMetrics PodMetricsList
  1 metadata meta.ObjectMeta
  2 timestamp Time required
  3 window Duration required
  4 containers []ContainerMetrics required listType=atomic

ContainerMetrics
  1 name string required
  2 usage core.ResourceList required
`,
};
