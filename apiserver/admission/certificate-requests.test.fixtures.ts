import type { KubeObject } from '../../api/objects';

/** Made by `openssl req -new` with a P-256 key: O=system:nodes, CN=system:node:n1. */
export const ofNode1 = `-----BEGIN CERTIFICATE REQUEST-----
MIHsMIGSAgEAMDAxFTATBgNVBAoMDHN5c3RlbTpub2RlczEXMBUGA1UEAwwOc3lz
dGVtOm5vZGU6bjEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQAZBc/KC0MyQQA
j4Vsnk4QMcbWykTQzour9ULVy5f3ID+Ij9uSq+sRNnhmdDquM2fS658dFb9003io
go4QzA78oAAwCgYIKoZIzj0EAwIDSQAwRgIhAJof7NEz/nsqruXJiUAMcsS9fRt1
5U8JUdt/2Z361o7uAiEA190NigIf/oihNkbp/Og1eaeOU7sfV4YfuAAf3S/gIgw=
-----END CERTIFICATE REQUEST-----
`;

/** The same key: O=system:masters, CN=admin. */
export const ofMaster = `-----BEGIN CERTIFICATE REQUEST-----
MIHlMIGLAgEAMCkxFzAVBgNVBAoMDnN5c3RlbTptYXN0ZXJzMQ4wDAYDVQQDDAVh
ZG1pbjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABABkFz8oLQzJBACPhWyeThAx
xtbKRNDOi6v1QtXLl/cgP4iP25Kr6xE2eGZ0Oq4zZ9Lrnx0Vv3TTeKiCjhDMDvyg
ADAKBggqhkjOPQQDAgNJADBGAiEAtJKwl31pFc0c7kulQvCmaQL53AWK+wNmM/SB
x5RSAKgCIQCuhhOmzU3vHuI22NrI8C0bUz2O/jj5npekAfeEE3r8TQ==
-----END CERTIFICATE REQUEST-----
`;

export function signingRequest(pem: string, signerName: string, usages = ['client auth']): KubeObject {
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'csr-1' },
    spec: { request: Buffer.from(pem).toString('base64'), signerName, usages },
  };
}
