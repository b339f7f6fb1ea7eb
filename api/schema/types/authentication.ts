import type { TypeTable } from '../type-table';

/** k8s.io/api authentication/v1/types.go. */
export const authenticationTypes: TypeTable = {
  package: 'io.k8s.api.authentication.v1',
  apiVersion: 'authentication.k8s.io/v1',
  types: `
kind TokenReview
  1 metadata meta.ObjectMeta
  2 spec TokenReviewSpec required
  3 status TokenReviewStatus

TokenReviewSpec
  1 token string
  2 audiences []string listType=atomic

TokenReviewStatus
  1 authenticated bool
  2 user UserInfo
  4 audiences []string listType=atomic
  3 error string

UserInfo
  1 username string
  2 uid string
  3 groups []string listType=atomic
  4 extra map[string]ExtraValue

ExtraValue = []string

kind SelfSubjectReview
  1 metadata meta.ObjectMeta
  2 status SelfSubjectReviewStatus

SelfSubjectReviewStatus
  1 userInfo UserInfo

kind TokenRequest
  1 metadata meta.ObjectMeta
  2 spec TokenRequestSpec required
  3 status TokenRequestStatus

TokenRequestSpec
  1 audiences []string required listType=atomic
  4 expirationSeconds *int64 always
  3 boundObjectRef *BoundObjectReference always

BoundObjectReference
  1 kind string
  2 apiVersion string
  3 name string
  4 uid UID

TokenRequestStatus
  1 token string required
  2 expirationTimestamp Time required
`,
};

/** k8s.io/api authentication/v1beta1/types.go. */
export const authenticationV1Beta1Types: TypeTable = {
  package: 'io.k8s.api.authentication.v1beta1',
  apiVersion: 'authentication.k8s.io/v1beta1',
  types: `
kind SelfSubjectReview
  1 metadata meta.ObjectMeta
  2 status SelfSubjectReviewStatus

SelfSubjectReviewStatus
  1 userInfo authentication.UserInfo
`,
};

/** k8s.io/api authentication/v1alpha1/types.go. */
export const authenticationV1Alpha1Types: TypeTable = {
  package: 'io.k8s.api.authentication.v1alpha1',
  apiVersion: 'authentication.k8s.io/v1alpha1',
  types: `
kind SelfSubjectReview
  1 metadata meta.ObjectMeta
  2 status SelfSubjectReviewStatus

SelfSubjectReviewStatus
  1 userInfo authentication.UserInfo
`,
};
