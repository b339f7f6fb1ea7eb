import type { TypeTable } from '../type-table';

/** k8s.io/api coordination/v1/types.go. */
export const coordinationTypes: TypeTable = {
  package: 'io.k8s.api.coordination.v1',
  apiVersion: 'coordination.k8s.io/v1',
  types: `
kind Lease LeaseList
  1 metadata meta.ObjectMeta
  2 spec LeaseSpec

LeaseSpec
  1 holderIdentity *string
  2 leaseDurationSeconds *int32
  3 acquireTime *MicroTime
  4 renewTime *MicroTime
  5 leaseTransitions *int32
  6 strategy *CoordinatedLeaseStrategy
  7 preferredHolder *string

CoordinatedLeaseStrategy = string
`,
};
