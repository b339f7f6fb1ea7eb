import type { TypeTable } from '../type-table';

/** k8s.io/api certificates/v1/types.go. */
export const certificatesTypes: TypeTable = {
  package: 'io.k8s.api.certificates.v1',
  apiVersion: 'certificates.k8s.io/v1',
  types: `
kind CertificateSigningRequest CertificateSigningRequestList: Asks for an X.509 certificate. Somebody approves it, and then the signer that it names issues it.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 spec CertificateSigningRequestSpec required: What is wanted.
  3 status CertificateSigningRequestStatus: What is, as last observed. Set by the system, read-only.

CertificateSigningRequestSpec: The request itself. Most of it cannot be changed; the user fields are set by the server.
  1 request bytes required listType=atomic: A PKCS #10 request in PEM, in base64.
  7 signerName string required: Who shall sign. kubernetes.io/kube-apiserver-client, kubernetes.io/kube-apiserver-client-kubelet and kubernetes.io/kubelet-serving are known to Kubernetes.
  8 expirationSeconds *int32: How many seconds the certificate is asked for, 600 at least. The signer may give another time.
  5 usages []KeyUsage listType=atomic: What the key shall be used for.
  2 username string: The user who made the request. Set by the server.
  3 uid string: UID of that user. Set by the server.
  4 groups []string listType=atomic: Groups of that user. Set by the server.
  6 extra map[string]ExtraValue: What else was known of that user. Set by the server.

KeyUsage = string (signing | digital signature | content commitment | key encipherment | key agreement | data encipherment | cert sign | crl sign | encipher only | decipher only | any | server auth | client auth | code signing | email protection | s/mime | ipsec end system | ipsec tunnel | ipsec user | timestamping | ocsp signing | microsoft sgc | netscape sgc)
ExtraValue = []string

CertificateSigningRequestStatus
  1 conditions []CertificateSigningRequestCondition listType=map listMapKey=type: Whether the request was approved, denied or has failed.
  2 certificate bytes listType=atomic: The certificate and perhaps intermediates, in PEM, in base64. Empty until the signer has issued it.

CertificateSigningRequestCondition
  1 type RequestConditionType required: What the condition is about.
  6 status core.ConditionStatus required: True, False or Unknown.
  2 reason string: Why it changed, in a word.
  3 message string: What is the matter, for people.
  4 lastUpdateTime Time: When the condition was last written.
  5 lastTransitionTime Time: When the status last changed.

RequestConditionType = string
`,
};
