import { type Duplex, pipeline, type Readable } from 'node:stream';
import type { Connection, Refusal } from '../network/network';
import type { SecureConnection } from '../network/secure';
import { exchange as exchangeOver, type HttpResponse, type Upgraded } from '../network/transport';
import { formatResponseHead, type HeaderList, headerValue } from '../wire/http-head';
import { type HttpExchange, writeHead } from './http-front';
import { type ExchangeContext, partOf } from './impersonate';
import { Injector } from './inject';
import type { LootBag } from './loot';
import type { PlayAction, PlayEvent } from './play';
import { passBytes } from './relay-raw';
import { SpdyRelay } from './relay-spdy';
import { ObjectInjector } from './tamper-object';

type Action<Kind extends PlayAction['kind']> = PlayAction & { readonly kind: Kind };

export interface RelayContext extends Omit<ExchangeContext, 'report'> {
  readonly loot: LootBag;
  /** A fresh connection to the genuine endpoint, with TLS when the victim speaks TLS. */
  reach(): Promise<SecureConnection | Connection | Refusal>;
  report(event: PlayEvent): void;
}

/** One exchange that is passed on to the genuine endpoint, with what the play slips into it. */
export class RelayedExchange {
  readonly #exchange: HttpExchange;
  readonly #context: RelayContext;
  #answer: Upgraded | HttpResponse | null = null;
  #spdy: SpdyRelay | null = null;

  constructor(exchange: HttpExchange, context: RelayContext) {
    this.#exchange = exchange;
    this.#context = context;
  }

  act(action: Action<'forward' | 'pass-on' | 'forward-stream'>): void {
    switch (action.kind) {
      case 'forward':
        void this.#forward(action);
        break;
      case 'pass-on':
        this.#passOn(action);
        break;
      case 'forward-stream':
        this.#spdy?.forward(action);
        break;
    }
  }

  async #forward(action: Action<'forward'>): Promise<void> {
    const { request } = this.#exchange;
    const { number, reach, report } = this.#context;
    request.on('error', () => undefined);
    const peer = await reach();
    if (peer.kind === 'refusal') return this.#refused(peer);
    const method = request.method ?? 'GET';
    const body = this.#bodyOf(action, peer.socket);
    const answer = await exchangeOver(peer, {
      method,
      path: action.path,
      headers: body === null ? action.headers : framed(action.headers),
      ...(body === null ? {} : { body }),
    });
    if (answer.kind === 'refusal') return this.#refused(answer);
    this.#answer = answer;
    const { status, headers } = answer;
    report({ kind: 'genuine-answered', exchange: number, method, status, headers });
  }

  /**
   * The victim's body on its way up; null when it has none, and for an upgrade, where a stream follows instead. One that
   * breaks off breaks off for the genuine endpoint too: it must not take half of it for all.
   */
  #bodyOf(action: Action<'forward'>, genuine: Duplex): Readable | null {
    const { request, upgradeSocket } = this.#exchange;
    if (upgradeSocket !== null) return null;
    if (action.inject === null) {
      request.resume();
      return null;
    }
    const { kept, lane, note } = this.#context;
    const see = (bytes: Buffer): void => {
      kept.add('body', lane, bytes);
      note('bytes-captured', { direction: 'up', length: bytes.length });
    };
    const injector =
      action.as === 'object' ? new ObjectInjector(action.inject, see) : new Injector(action.inject, see);
    return pipeline(request, injector, (error) => {
      if (error) genuine.destroy();
    });
  }

  #refused(refusal: Refusal): void {
    const { note, report } = this.#context;
    note('relay-refused', { status: null, text: refusal.text });
    report({ kind: 'genuine-refused', text: refusal.text });
  }

  #passOn(action: Action<'pass-on'>): void {
    const answer = this.#answer;
    if (answer === null) return;
    const { loot, lane, note } = this.#context;
    const { status, statusText, headers } = answer;
    loot.keep('down', lane, formatResponseHead({ status, statusText, headers }));
    const noted = loot.noteAnswer(status);
    if (status !== 401 && status !== 403) note('relay-answered', { status });
    else if (answer.kind === 'response') {
      answer.body.once('end', () => note('relay-refused', { status, text: noted.text.trim() }));
    }
    const see = (bytes: Buffer): void => {
      loot.keep('down', lane, bytes);
      noted.addText(bytes);
      note('bytes-captured', { direction: 'down', length: bytes.length });
    };
    if (answer.kind === 'response') this.#passOnResponse(action, answer, see);
    else this.#passOnUpgrade(action, answer, see);
  }

  #passOnResponse(action: Action<'pass-on'>, answer: HttpResponse, see: (bytes: Buffer) => void): void {
    const { response, upgradeSocket } = this.#exchange;
    response.sendDate = false;
    response.on('error', () => undefined);
    const headers = action.inject === null ? action.headers : without(action.headers, 'content-length');
    writeHead(this.#exchange, answer.status, answer.statusText, headers);
    // What is followed has to be seen at once, before its first byte comes.
    if (headerValue(headers, 'content-length') === null) response.flushHeaders();
    pipeline(answer.body, new Injector(action.inject, see), response, (error) => {
      if (error) response.socket?.destroy();
      else upgradeSocket?.end();
    });
  }

  #passOnUpgrade(action: Action<'pass-on'>, answer: Upgraded, see: (bytes: Buffer) => void): void {
    const victim = this.#exchange.upgradeSocket;
    if (victim === null) {
      answer.socket.destroy();
      return;
    }
    const { status, statusText } = answer;
    victim.write(formatResponseHead({ status, statusText, headers: action.headers }));
    const { number, lane, loot, kept, note, report } = this.#context;
    if (/^spdy\/3\.1$/i.test(headerValue(answer.headers, 'upgrade') ?? '')) {
      this.#spdy = new SpdyRelay(victim, answer.socket, {
        opened: (stream, headers) => report({ kind: 'stream-opened', exchange: number, stream, headers }),
        up: (stream, headers, bytes) => {
          const part = partOf(headers['streamtype']);
          if (part === null) return;
          kept.add(part, `${lane}/${stream}`, bytes);
          note('bytes-captured', { direction: 'up', length: bytes.length });
        },
        down: (stream, bytes) => {
          loot.keep('down', `${lane}/${stream}`, bytes);
          note('bytes-captured', { direction: 'down', length: bytes.length });
        },
      });
      return;
    }
    passBytes(victim, answer.socket, (direction, bytes) => {
      if (direction === 'down') see(bytes);
      else kept.add('forwarded', lane, bytes);
    });
  }
}

/** A body that grows on the way cannot keep its announced length. */
function framed(headers: HeaderList): HeaderList {
  return [...without(headers, 'content-length'), ['Transfer-Encoding', 'chunked']];
}

function without(headers: HeaderList, name: string): HeaderList {
  return headers.filter(([key]) => key.toLowerCase() !== name);
}
