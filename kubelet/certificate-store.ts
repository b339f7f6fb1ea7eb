import type { KeyPair } from '../wire/pem';

/** Where a kubelet keeps the certificates that the cluster gave it. */
export interface CertificateStore {
  /** Null when there is none yet. Throws when what is there cannot be read. */
  current(): Promise<KeyPair | null>;
  update(pair: KeyPair, now: Date): Promise<void>;
}

/** Gone with the kubelet. */
export function memoryStore(initial: KeyPair | null = null): CertificateStore {
  let held = initial;
  return {
    current: async () => held,
    update: async (pair) => {
      held = pair;
    },
  };
}
