import type { Connection, Endpoint, Host, Refusal } from '../network/network';
import type { SecureConnection } from '../network/secure';
import { startTls } from '../network/secure-client';
import type { KeyPair } from '../wire/pem';
import type { OpenSockets } from './open-sockets';

/** How the victim talks, and so how the genuine endpoint is talked to. `alpn` is what the victim offered. */
export type Speech =
  | { readonly kind: 'plaintext' }
  | { readonly kind: 'tls'; readonly alpn: readonly string[] };

/**
 * The genuine endpoint, as the attacker reaches it from its own machine, whose tables nobody changed: believing whatever
 * certificate comes, showing none unless one was captured with its key. It is dialled ahead of need, while the victim is still shaking hands.
 */
export class GenuineEndpoint {
  readonly #host: Host;
  readonly #at: Endpoint;
  readonly #held: OpenSockets;
  readonly #shows: KeyPair | undefined;
  #ahead: Promise<Connection | Refusal> | null = null;

  /** `shows`: a certificate that was captured with its key. */
  constructor(host: Host, at: Endpoint, held: OpenSockets, shows?: KeyPair) {
    this.#shows = shows;
    this.#host = host;
    this.#at = at;
    this.#held = held;
  }

  dialAhead(): void {
    this.#ahead ??= this.#dial();
  }

  /** A fresh connection, ready for the first byte of what the victim says. The signal ends dialling, and nothing after it. */
  async reach(speech: Speech, signal?: AbortSignal): Promise<SecureConnection | Connection | Refusal> {
    // Taken before it is waited for: whoever asks meanwhile must not get the same connection.
    const ahead = this.#ahead;
    this.#ahead = null;
    const dialled = await (ahead ?? this.#dial(signal));
    if (dialled.kind === 'refusal' || speech.kind === 'plaintext') return dialled;
    const secure = await startTls(dialled, {
      at: this.#host,
      trust: { kind: 'verify-nobody' },
      // The certificate is of no interest here, and not looking at it halves the cost of a relayed connection.
      unjudged: true,
      // Only what can be decoded here is offered: a victim that would take HTTP/2 takes HTTP/1.1 too.
      ...(this.#shows === undefined ? {} : { clientCertificate: this.#shows }),
      ...(speech.alpn.length > 0 ? { alpn: ['http/1.1'] } : {}),
    });
    if (secure.kind === 'secure-connection') this.#held.add(secure.socket);
    return secure;
  }

  async #dial(signal?: AbortSignal): Promise<Connection | Refusal> {
    const { address, port } = this.#at;
    const dialled = await this.#host.dial({ host: address, port }, signal === undefined ? {} : { signal });
    if (dialled.kind === 'connection') this.#held.add(dialled.socket);
    return dialled;
  }
}
