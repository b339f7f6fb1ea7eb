import type { TypeTable } from '../type-table';

/** k8s.io/api certificates/v1/types.go. */
export const certificatesTypes: TypeTable = {
  package: 'io.k8s.api.certificates.v1',
  apiVersion: 'certificates.k8s.io/v1',
  types: `
kind CertificateSigningRequest CertificateSigningRequestList
  1 metadata meta.ObjectMeta
  2 spec CertificateSigningRequestSpec required
  3 status CertificateSigningRequestStatus

CertificateSigningRequestSpec
  1 request bytes required listType=atomic
  7 signerName string required
  8 expirationSeconds *int32
  5 usages []KeyUsage listType=atomic
  2 username string
  3 uid string
  4 groups []string listType=atomic
  6 extra map[string]ExtraValue

KeyUsage = string (signing | digital signature | content commitment | key encipherment | key agreement | data encipherment | cert sign | crl sign | encipher only | decipher only | any | server auth | client auth | code signing | email protection | s/mime | ipsec end system | ipsec tunnel | ipsec user | timestamping | ocsp signing | microsoft sgc | netscape sgc)
ExtraValue = []string

CertificateSigningRequestStatus
  1 conditions []CertificateSigningRequestCondition listType=map listMapKey=type
  2 certificate bytes listType=atomic

CertificateSigningRequestCondition
  1 type RequestConditionType required
  6 status core.ConditionStatus required
  2 reason string
  3 message string
  4 lastUpdateTime Time
  5 lastTransitionTime Time

RequestConditionType = string
`,
};
