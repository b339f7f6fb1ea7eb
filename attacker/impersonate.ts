import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import { formatResponseHead } from '../wire/http-head';
import { STREAM_PROTOCOL_HEADER } from '../wire/remote-command';
import { SpdySession } from '../wire/spdy-session';
import type { SpdyStream } from '../wire/spdy-stream';
import { type HttpExchange, writeHead } from './http-front';
import type { KeptRequest } from './loot';
import type { Outlet } from './outlet';
import type { ExchangeEvent, SceneAction } from './play';
import { serveChannels } from './websocket-channels';

export interface ExchangeContext {
  readonly number: number;
  /** Names the streams of this exchange in the loot. */
  readonly lane: string;
  readonly kept: KeptRequest;
  report(event: ExchangeEvent): void;
  note(kind: string, data: Record<string, unknown>): void;
}

/** How much of a body the play is shown. */
const MAX_BODY_BYTES = 1024 * 1024;

/** RST_STREAM status of spdystream for a stream that the server does not want. */
const REFUSED_STREAM = 3;

/** One exchange in which the attacker is the endpoint: carries out what the play decides, reports what happens. */
export class ImpersonatedExchange {
  readonly #exchange: HttpExchange;
  readonly #context: ExchangeContext;
  readonly #outlets = new Map<number, Outlet>();
  #closeSession: () => void = () => undefined;

  constructor(exchange: HttpExchange, context: ExchangeContext) {
    this.#exchange = exchange;
    this.#context = context;
  }

  /** Takes the body, up to its end. An upgrade has none. */
  readBody(): void {
    const { number, lane, kept, report, note } = this.#context;
    if (this.#exchange.upgradeSocket !== null) {
      report({ kind: 'request-finished', exchange: number, body: Buffer.alloc(0) });
      return;
    }
    const { body } = this.#exchange;
    const chunks: Buffer[] = [];
    let length = 0;
    body.on('data', (bytes: Buffer) => {
      kept.add('body', lane, bytes);
      if (length < MAX_BODY_BYTES) chunks.push(bytes.subarray(0, MAX_BODY_BYTES - length));
      length += bytes.length;
      note('bytes-captured', { direction: 'up', length: bytes.length });
    });
    body.on('end', () => report({ kind: 'request-finished', exchange: number, body: Buffer.concat(chunks) }));
  }

  act(action: SceneAction): void {
    switch (action.kind) {
      case 'answer':
        this.#answer(action);
        break;
      case 'upgrade':
        if (action.to === 'spdy') this.#serveSpdy(action.streamProtocol);
        else this.#serveWebSocket(action);
        break;
      case 'accept-stream':
        this.#outlets.get(action.stream)?.accept();
        break;
      case 'refuse-stream':
        this.#outlets.get(action.stream)?.refuse();
        break;
      case 'write':
        this.#outlets.get(action.stream)?.write(action.text);
        this.#context.note('answer-forged', { length: Buffer.byteLength(action.text) });
        break;
      case 'finish':
        this.#outlets.get(action.stream)?.finish();
        break;
      case 'end-session':
        this.#closeSession();
        break;
    }
  }

  #answer(action: SceneAction & { kind: 'answer' }): void {
    const { response } = this.#exchange;
    const length = Buffer.byteLength(action.body);
    const framing: [string, string][] = action.streamed ? [] : [['Content-Length', `${length}`]];
    writeHead(this.#exchange, action.status, undefined, [...action.headers, ...framing]);
    response.end(action.body);
    this.#context.note('answer-forged', { status: action.status, length });
  }

  #serveSpdy(streamProtocol: string): void {
    const socket = this.#exchange.upgradeSocket;
    if (socket === null) return;
    socket.write(
      formatResponseHead({
        status: 101,
        statusText: 'Switching Protocols',
        headers: [
          ['Connection', 'Upgrade'],
          ['Upgrade', 'SPDY/3.1'],
          [STREAM_PROTOCOL_HEADER, streamProtocol],
        ],
      }),
    );
    const streams = new Set<SpdyStream>();
    const session = new SpdySession(socket, {
      role: 'server',
      onStream: (stream) => {
        streams.add(stream);
        stream.once('close', () => {
          streams.delete(stream);
          this.#outlets.delete(stream.id);
        });
        this.#outlets.set(stream.id, spdyOutlet(stream));
        this.#listen(stream, stream.id, stream.headers);
      },
    });
    // Only when everything written is on its way: closing cuts what is open.
    this.#closeSession = () => {
      const written = [...streams].filter((it) => it.writableEnded).map((it) => settled(it));
      void Promise.all(written).then(() => session.close());
    };
  }

  #serveWebSocket(action: SceneAction & { kind: 'upgrade' }): void {
    const { head, upgradeSocket } = this.#exchange;
    if (upgradeSocket === null) return;
    const { number, report } = this.#context;
    this.#closeSession = serveChannels(head, upgradeSocket, action, {
      opened: (channel, headers, outlet) => {
        this.#outlets.set(channel, outlet);
        report({ kind: 'stream-opened', exchange: number, stream: channel, headers });
      },
      data: (channel, headers, bytes) => this.#took(channel, headers, bytes),
      finished: (channel) => report({ kind: 'stream-finished', exchange: number, stream: channel }),
    });
  }

  #listen(stream: Duplex, id: number, headers: Readonly<Record<string, string>>): void {
    const { number, report } = this.#context;
    stream.on('error', () => undefined);
    report({ kind: 'stream-opened', exchange: number, stream: id, headers });
    stream.on('data', (bytes: Buffer) => this.#took(id, headers, bytes));
    stream.on('end', () => report({ kind: 'stream-finished', exchange: number, stream: id }));
  }

  #took(stream: number, headers: Readonly<Record<string, string>>, bytes: Buffer): void {
    const { number, lane, kept, report, note } = this.#context;
    const part = partOf(headers['streamtype']);
    if (part !== null) {
      kept.add(part, `${lane}/${stream}`, bytes);
      note('bytes-captured', { direction: 'up', length: bytes.length });
    }
    report({ kind: 'stream-data', exchange: number, stream, bytes });
  }
}

/** What a stream's bytes towards the genuine side are called in the loot; terminal sizes and the like are not kept. */
export function partOf(streamType: string | undefined): 'stdin' | 'forwarded' | null {
  if (streamType === 'stdin') return 'stdin';
  return streamType === 'data' ? 'forwarded' : null;
}

function spdyOutlet(stream: SpdyStream): Outlet {
  return {
    accept: () => stream.reply(),
    refuse: () => stream.reset(REFUSED_STREAM),
    write: (text) => void stream.write(text),
    finish: () => void stream.end(),
  };
}

async function settled(stream: Duplex): Promise<void> {
  await finished(stream, { readable: false }).catch(() => undefined);
}
