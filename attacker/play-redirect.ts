import { headerValue } from '../wire/http-head';
import type { ExchangeEvent, RequestReceived, Scene, SceneAction } from './play';

/** A place of the attacker's own that a client can be sent to: `http://10.0.0.66:40001`. */
export interface RedirectPlaces {
  readonly plain: string;
  readonly tls: string;
}

/**
 * Sends whoever asks to a place of the attacker's own, with the path it asked for: to one without TLS, where a token needs
 * no trust to be read. A client that has shown its certificate already is sent to one with TLS, to see whether it shows it
 * again.
 */
export class RedirectScene implements Scene {
  readonly #request: RequestReceived;
  readonly #base: string;

  constructor(options: { request: RequestReceived; places: RedirectPlaces; showedCertificate: boolean }) {
    this.#request = options.request;
    // Behind a proxy is another client than the one that showed a certificate.
    const isProxied = headerValue(options.request.headers, 'x-forwarded-for') !== null;
    this.#base = options.showedCertificate && !isProxied ? options.places.tls : options.places.plain;
  }

  begin(): SceneAction[] {
    return [];
  }

  see(event: ExchangeEvent): SceneAction[] {
    if (event.kind !== 'request-finished') return [];
    // A target need not be a path (`OPTIONS *`), and would then become part of the host.
    const path = this.#request.path.startsWith('/') ? this.#request.path : '/';
    return [
      {
        kind: 'answer',
        exchange: event.exchange,
        // Everybody follows a 302, also who asked with a body that cannot be sent again.
        status: 302,
        headers: [['Location', `${this.#base}${path}`]],
        body: '',
        streamed: false,
      },
    ];
  }
}
