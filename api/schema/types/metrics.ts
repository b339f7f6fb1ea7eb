import type { TypeTable } from '../type-table';

/** k8s.io/metrics pkg/apis/metrics/v1beta1/types.go. */
export const metricsTypes: TypeTable = {
  package: 'io.k8s.metrics.pkg.apis.metrics.v1beta1',
  apiVersion: 'metrics.k8s.io/v1beta1',
  types: `
kind NodeMetrics NodeMetricsList: What a node uses.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 timestamp Time required: When the window ended.
  3 window Duration required: How long the window was.
  4 usage core.ResourceList required: How much was used, on average.

kind PodMetrics PodMetricsList: What the containers of a pod use.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 timestamp Time required: When the window ended.
  3 window Duration required: How long the window was.
  4 containers []ContainerMetrics required listType=atomic: Each container.

ContainerMetrics
  1 name string required: Name of the container.
  2 usage core.ResourceList required: How much was used, on average.
`,
};
