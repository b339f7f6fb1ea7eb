import type { TypeTable } from '../type-table';

/** k8s.io/api coordination/v1/types.go. */
export const coordinationTypes: TypeTable = {
  package: 'io.k8s.api.coordination.v1',
  apiVersion: 'coordination.k8s.io/v1',
  types: `
kind Lease LeaseList: Says who holds something, and until when: nodes tell by it that they are alive.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 spec LeaseSpec: What is wanted.

LeaseSpec
  1 holderIdentity *string: Who holds it.
  2 leaseDurationSeconds *int32: How many seconds after renewTime others may take it.
  3 acquireTime *MicroTime: When it was taken.
  4 renewTime *MicroTime: When it was last renewed.
  5 leaseTransitions *int32: How often it has changed hands.
  6 strategy *CoordinatedLeaseStrategy: How its holder is chosen.
  7 preferredHolder *string: To whom the holder shall give it.

CoordinatedLeaseStrategy = string
`,
};
