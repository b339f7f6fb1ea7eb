import { headerValues } from '../wire/http-head';
import { PORT_FORWARD_PROTOCOL, PortForwardPairing } from '../wire/port-forward';
import { negotiationFailureText, protocolList, STREAM_PROTOCOL_HEADER } from '../wire/remote-command';
import type { ExchangeEvent, RequestReceived, Scene, SceneAction } from './play';
import { refuseRequest } from './play-answer';

const WEBSOCKET_PROTOCOLS = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io'];

/**
 * A false port in a false pod. Every connection that is forwarded is a pair of streams with one request id; the first
 * bytes of its data stream are answered with the forged text, as HTTP when they look like HTTP, and both are finished.
 */
export class PortForwardScene implements Scene {
  readonly #request: RequestReceived;
  readonly #upgrade: 'spdy' | 'websocket';
  readonly #ports: readonly number[];
  readonly #forged: string;
  readonly #pairing = new PortForwardPairing<PairedStream>();
  /** Data stream → its error stream, while unanswered. */
  readonly #unanswered = new Map<number, number>();

  constructor(options: {
    request: RequestReceived;
    upgrade: 'spdy' | 'websocket';
    ports: readonly number[];
    forged: string;
  }) {
    this.#request = options.request;
    this.#upgrade = options.upgrade;
    this.#ports = options.ports;
    this.#forged = options.forged;
  }

  begin(): SceneAction[] {
    const { exchange, headers } = this.#request;
    if (this.#upgrade === 'spdy') {
      const offered = protocolList(headerValues(headers, STREAM_PROTOCOL_HEADER));
      if (!offered.includes(PORT_FORWARD_PROTOCOL)) {
        return [refuseRequest(exchange, 403, negotiationFailureText(offered, [PORT_FORWARD_PROTOCOL]))];
      }
      return [{ kind: 'upgrade', exchange, to: 'spdy', streamProtocol: PORT_FORWARD_PROTOCOL, channels: [] }];
    }
    if (this.#ports.length === 0) return [refuseRequest(exchange, 400, 'query parameter "port" is required')];
    const offered = protocolList(headerValues(headers, 'sec-websocket-protocol'));
    const streamProtocol = offered.find((protocol) => WEBSOCKET_PROTOCOLS.includes(protocol)) ?? '';
    const channels = this.#ports.flatMap((port, index) =>
      ['data', 'error'].map((streamtype) => ({ streamtype, port: `${port}`, requestid: `${index}` })),
    );
    return [{ kind: 'upgrade', exchange, to: 'websocket', streamProtocol, channels }];
  }

  see(event: ExchangeEvent): SceneAction[] {
    switch (event.kind) {
      case 'request-finished':
        return [];
      case 'stream-opened':
        return this.#opened(event.stream, event.headers);
      case 'stream-data':
        return this.#answer(event.stream, event.bytes);
      case 'stream-finished':
        return this.#answer(event.stream, Buffer.alloc(0));
    }
  }

  #opened(stream: number, headers: Readonly<Record<string, string>>): SceneAction[] {
    const { exchange } = this.#request;
    const step = this.#pairing.offer({ id: stream, headers });
    switch (step.kind) {
      case 'refused':
        return [{ kind: 'refuse-stream', exchange, stream }];
      case 'waiting':
        return [{ kind: 'accept-stream', exchange, stream }];
      case 'paired':
        this.#unanswered.set(step.data.id, step.error.id);
        return [{ kind: 'accept-stream', exchange, stream }];
    }
  }

  #answer(stream: number, seen: Buffer): SceneAction[] {
    const { exchange } = this.#request;
    const error = this.#unanswered.get(stream);
    if (error === undefined) return [];
    this.#unanswered.delete(stream);
    const actions: SceneAction[] = [
      { kind: 'write', exchange, stream, text: answerTo(seen, this.#forged) },
      { kind: 'finish', exchange, stream },
      { kind: 'finish', exchange, stream: error },
    ];
    // A WebSocket channel cannot be ended by itself: the session ends with its last port.
    const over = this.#upgrade === 'websocket' && this.#unanswered.size === 0;
    return over ? [...actions, { kind: 'end-session', exchange }] : actions;
  }
}

interface PairedStream {
  readonly id: number;
  readonly headers: Readonly<Record<string, string>>;
}

function answerTo(seen: Buffer, forged: string): string {
  const looksLikeHttp = /^[A-Z]{3,10} \S+ HTTP\/1\.[01]\r\n/.test(seen.toString('latin1', 0, 8192));
  if (!looksLikeHttp) return `${forged}\n`;
  const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(forged) + 1}\r\n`;
  return `${head}Connection: close\r\n\r\n${forged}\n`;
}
