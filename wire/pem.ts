/** A certificate chain (leaf first) and the private key of its leaf, both PEM. */
export interface KeyPair {
  readonly certPem: string;
  readonly keyPem: string;
}
