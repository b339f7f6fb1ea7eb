import type { TypeTable } from '../type-table';

/** k8s.io/api authentication/v1/types.go. */
export const authenticationTypes: TypeTable = {
  package: 'io.k8s.api.authentication.v1',
  apiVersion: 'authentication.k8s.io/v1',
  types: `
kind TokenReview: Asks whose token it is. It is answered and not kept.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 spec TokenReviewSpec required: What is wanted.
  3 status TokenReviewStatus: What is, as last observed. Set by the system, read-only.

TokenReviewSpec
  1 token string: The token.
  2 audiences []string listType=atomic: Whom the token must be for.

TokenReviewStatus
  1 authenticated bool: Whether the token belongs to a known user.
  2 user UserInfo: The user.
  4 audiences []string listType=atomic: For which of the audiences the token is good.
  3 error string: Why the token could not be checked.

UserInfo: Who a user is.
  1 username string: Name of the user, unique among those that are active.
  2 uid string: Tells users of the same name apart in time.
  3 groups []string listType=atomic: Groups that the user is in.
  4 extra map[string]ExtraValue: What else the authenticator knows.

ExtraValue = []string

kind SelfSubjectReview: Asks who is asking. It is answered and not kept.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 status SelfSubjectReviewStatus: What is, as last observed. Set by the system, read-only.

SelfSubjectReviewStatus
  1 userInfo UserInfo: Who is asking.

kind TokenRequest: Asks for a token of a service account.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 spec TokenRequestSpec required: What is wanted.
  3 status TokenRequestStatus: What is, as last observed. Set by the system, read-only.

TokenRequestSpec
  1 audiences []string required listType=atomic: Whom the token is for. Others should refuse it.
  4 expirationSeconds *int64 always: How many seconds the token is asked for; it may become less.
  3 boundObjectRef *BoundObjectReference always: An object that the token dies with.

BoundObjectReference
  1 kind string
  2 apiVersion string
  3 name string
  4 uid UID

TokenRequestStatus
  1 token string required: The token.
  2 expirationTimestamp Time required: Until when it is good.
`,
};

/** k8s.io/api authentication/v1beta1/types.go. */
export const authenticationV1Beta1Types: TypeTable = {
  package: 'io.k8s.api.authentication.v1beta1',
  apiVersion: 'authentication.k8s.io/v1beta1',
  types: `
kind SelfSubjectReview: Asks who is asking. It is answered and not kept.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 status SelfSubjectReviewStatus: What is, as last observed. Set by the system, read-only.

SelfSubjectReviewStatus
  1 userInfo authentication.UserInfo: Who is asking.
`,
};

/** k8s.io/api authentication/v1alpha1/types.go. */
export const authenticationV1Alpha1Types: TypeTable = {
  package: 'io.k8s.api.authentication.v1alpha1',
  apiVersion: 'authentication.k8s.io/v1alpha1',
  types: `
kind SelfSubjectReview: Asks who is asking. It is answered and not kept.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 status SelfSubjectReviewStatus: What is, as last observed. Set by the system, read-only.

SelfSubjectReviewStatus
  1 userInfo authentication.UserInfo: Who is asking.
`,
};
