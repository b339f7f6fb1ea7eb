import { MidplaneError } from '../error';
import type { CertificateStore } from '../kubelet/certificate-store';
import type { KeyPair } from '../wire/pem';

/** In memory, and tells when the first certificate comes. */
export class AwaitedStore implements CertificateStore {
  readonly #first: Promise<KeyPair>;
  #announce: (pair: KeyPair) => void = () => undefined;
  #held: KeyPair | null = null;

  constructor() {
    this.#first = new Promise((resolve) => {
      this.#announce = resolve;
    });
  }

  async current(): Promise<KeyPair | null> {
    return this.#held;
  }

  async update(pair: KeyPair): Promise<void> {
    this.#held = pair;
    this.#announce(pair);
  }

  /** Throws MidplaneError TIME_LIMIT when none came. */
  async first(whose: string, withinMs: number): Promise<KeyPair> {
    let timer: NodeJS.Timeout | undefined;
    const overdue = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const waited = `${whose} was given no serving certificate within ${withinMs / 1000} s`;
        const hint = 'is its CertificateSigningRequest approved, and does a signer run?';
        reject(new MidplaneError('TIME_LIMIT', waited, { hint }));
      }, withinMs);
    });
    try {
      return await Promise.race([this.#first, overdue]);
    } finally {
      clearTimeout(timer);
    }
  }
}
