import type { ExchangeEvent, RequestReceived, Scene, SceneAction } from './play';

/** A plain request: wait until its body is in the bag, then answer 200 with the forged text, as logs are answered. */
export class AnswerScene implements Scene {
  readonly #request: RequestReceived;
  readonly #forged: string;
  readonly #follow: boolean;

  constructor(options: { request: RequestReceived; forged: string; follow: boolean }) {
    this.#request = options.request;
    this.#forged = options.forged;
    this.#follow = options.follow;
  }

  begin(): SceneAction[] {
    return [];
  }

  see(event: ExchangeEvent): SceneAction[] {
    if (event.kind !== 'request-finished') return [];
    return [
      {
        kind: 'answer',
        exchange: event.exchange,
        status: 200,
        headers: [['Content-Type', 'text/plain']],
        body: this.#request.method === 'HEAD' ? '' : `${this.#forged}\n`,
        streamed: this.#follow,
      },
    ];
  }
}

/** The kubelet's plain text for a request that it cannot serve; the trailing line feed is Go's http.Error. */
export function refuseRequest(exchange: number, status: number, text: string): SceneAction {
  return {
    kind: 'answer',
    exchange,
    status,
    headers: [
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['X-Content-Type-Options', 'nosniff'],
    ],
    body: `${text}\n`,
    streamed: false,
  };
}
