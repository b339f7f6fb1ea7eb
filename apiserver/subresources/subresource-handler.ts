import type { Failure } from '../../api/failures';
import type { KubeObject } from '../../api/objects';
import type { Status } from '../../api/status';
import type { Cluster, Place, WriteOptions } from '../place';
import type { ResourceKind } from '../registry';

/** A subresource whose bodies are of another kind than its resource. What is missing is not allowed (405). */
export interface SubresourceHandler {
  /** The kind of the bodies that it takes and gives. */
  readonly body: ResourceKind;
  readonly get?: (cluster: Cluster, place: Place) => KubeObject | Failure;
  readonly create?: (
    cluster: Cluster,
    place: Place,
    body: KubeObject,
    options: WriteOptions,
  ) => KubeObject | Status | Failure;
  /** PUT, and PATCH of what `get` gives. */
  readonly update?: (
    cluster: Cluster,
    place: Place,
    body: KubeObject,
    options: WriteOptions,
  ) => KubeObject | Failure;
}
