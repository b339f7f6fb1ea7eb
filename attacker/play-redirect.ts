import { headerValue } from '../wire/http-head';
import type { ExchangeEvent, RequestReceived, Scene, SceneAction } from './play';

/** A place of the attacker's own that a client can be sent to: `http://10.0.0.66:40001`. */
export interface RedirectPlaces {
  readonly plain: string;
  readonly tls: string;
}

/** One address for everybody. */
export interface FixedRedirect {
  readonly status: number;
  readonly location: string;
}

/**
 * Sends whoever asks to a place of the attacker's own, with the path it asked for: to one without TLS, where a token needs
 * no trust to be read. A client that has shown its certificate already is sent to one with TLS, to see whether it shows it
 * again.
 */
export class RedirectScene implements Scene {
  readonly #request: RequestReceived;
  readonly #to: RedirectPlaces | FixedRedirect;
  readonly #showedCertificate: boolean;

  constructor(options: {
    request: RequestReceived;
    to: RedirectPlaces | FixedRedirect;
    showedCertificate: boolean;
  }) {
    this.#request = options.request;
    this.#to = options.to;
    this.#showedCertificate = options.showedCertificate;
  }

  begin(): SceneAction[] {
    return [];
  }

  see(event: ExchangeEvent): SceneAction[] {
    if (event.kind !== 'request-finished') return [];
    const { status, location } = this.#answer();
    return [
      {
        kind: 'answer',
        exchange: event.exchange,
        status,
        headers: [['Location', location]],
        body: '',
        streamed: false,
      },
    ];
  }

  #answer(): FixedRedirect {
    if ('location' in this.#to) return this.#to;
    const { path: target, headers } = this.#request;
    // A target need not be a path (`OPTIONS *`), and would then become part of the host.
    const path = target.startsWith('/') ? target : '/';
    // Behind a proxy is another client than the one that showed a certificate.
    const isProxied = headerValue(headers, 'x-forwarded-for') !== null;
    const base = this.#showedCertificate && !isProxied ? this.#to.tls : this.#to.plain;
    // Everybody follows a 302, also who asked with a body that cannot be sent again.
    return { status: 302, location: `${base}${path}` };
  }
}
