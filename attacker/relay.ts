import { STATUS_CODES } from 'node:http';
import { type Duplex, pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Refusal } from '../network/network';
import { formatResponseHead, type HeaderList, headerValue } from '../wire/http-head';
import type { GenuineAnswer, GenuineHttpConnection } from './genuine-http';
import type { AttackHooks, PassingRequest } from './hooks';
import { type HttpExchange, writeHead } from './http-front';
import type { ExchangeContext } from './impersonate';
import type { LootBag } from './loot';
import type { PlayAction, PlayEvent } from './play';
import { RelayedSession } from './relay-session';
import type { FlowPlan } from './relayed-flows';
import { RelayedFlows } from './relayed-flows';
import type { Rule, StreamName } from './rules';
import { answerStream } from './stream-name';
import { ObjectInjector } from './tamper-object';
import type { Side } from './transcript';

type Action<Kind extends PlayAction['kind']> = PlayAction & { readonly kind: Kind };

export interface RelayContext extends Omit<ExchangeContext, 'report'> {
  readonly loot: LootBag;
  readonly rules: readonly Rule[];
  readonly hooks?: AttackHooks;
  /** As it is passed on, but for what the play changes in it. */
  readonly request: PassingRequest;
  /** A connection to the genuine endpoint, with TLS when the victim speaks TLS. */
  reach(): Promise<GenuineHttpConnection | Refusal>;
  report(event: PlayEvent): void;
  /** Ends the victim's connection: what it made us do went wrong. */
  failed(error: unknown): void;
  /** Into the transcript. */
  write(stream: string, side: Side, bytes: Buffer): void;
}

/** One exchange that is passed on to the genuine endpoint, with what the play slips into it and what rules change. */
export class RelayedExchange {
  readonly #exchange: HttpExchange;
  readonly #context: RelayContext;
  readonly #flows: RelayedFlows;
  #genuine: Duplex | null = null;
  #answer: GenuineAnswer | null = null;
  /** In place of the genuine one. */
  #ownBody: string | Buffer | null = null;
  #session: RelayedSession | null = null;

  constructor(exchange: HttpExchange, context: RelayContext) {
    this.#exchange = exchange;
    this.#context = context;
    const { rules, note, write, hooks, request } = context;
    const { onStream } = hooks ?? {};
    this.#flows = new RelayedFlows({
      rules,
      ...(onStream === undefined
        ? {}
        : { change: (stream: StreamName, bytes: Buffer) => onStream({ stream, request, bytes }) }),
      cut: () => this.#cut(),
      note: (text) => {
        note('rule-not-applied', { text });
        write('note', 'attacker', Buffer.from(text));
      },
    });
  }

  act(action: Action<'forward' | 'pass-on' | 'forward-stream'>): void {
    switch (action.kind) {
      case 'forward':
        this.#forward(action).catch(this.#context.failed);
        break;
      case 'pass-on':
        this.#passOn(action);
        break;
      case 'forward-stream':
        this.#session?.forward(action);
        break;
    }
  }

  async #forward(action: Action<'forward'>): Promise<void> {
    const { method, target } = this.#exchange.head;
    const { number, reach, report, write, hooks, request } = this.#context;
    write('request', 'client-sent', Buffer.from(`${method} ${target}`));
    const peer = await reach();
    if (peer.kind === 'refusal') return this.#refused(peer);
    this.#genuine = peer.socket;
    write('request', 'endpoint-received', Buffer.from(`${method} ${action.path}`));
    const body = this.#bodyOf(action, peer.socket);
    const asked = body === null ? action.headers : framed(action.headers);
    const answer = await peer.ask({ method, path: action.path, headers: asked, body });
    if (answer.kind === 'refusal') return this.#refused(answer);
    write('answer', 'endpoint-answered', Buffer.from(`${answer.status} ${answer.statusText}`));
    const change = await hooks?.onResponse?.({ request, status: answer.status, headers: answer.headers });
    this.#ownBody = change?.body ?? null;
    const { status = answer.status, headers = answer.headers } = change ?? {};
    const statusText = status === answer.status ? answer.statusText : (STATUS_CODES[status] ?? '');
    this.#answer = { ...answer, status, headers, statusText };
    report({ kind: 'genuine-answered', exchange: number, method, status, headers });
  }

  /**
   * The victim's body on its way up; null when it has none, and for an upgrade, where a stream follows instead. One that
   * breaks off breaks off for the genuine endpoint too: it must not take half of it for all.
   */
  #bodyOf(action: Action<'forward'>, genuine: Duplex): Readable | null {
    const { body, upgradeSocket } = this.#exchange;
    if (upgradeSocket !== null) return null;
    if (!action.body) {
      body.resume();
      return null;
    }
    const { kept, lane, note } = this.#context;
    const plan = this.#planOf('body-up', action.inject, (bytes) => {
      kept.add('body', lane, bytes);
      note('bytes-captured', { direction: 'up', length: bytes.length });
    });
    const changed =
      action.as === 'object' && action.inject !== null
        ? new ObjectInjector(action.inject, plan.sent)
        : this.#flows.through(plan);
    return pipeline(body, changed, () => {
      if (this.#flows.isCut) genuine.destroy();
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
    const { loot, lane, note, write } = this.#context;
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
    write('answer', 'client-got', Buffer.from(`${status} ${statusText}`));
    if (answer.kind === 'response') this.#passOnResponse(action, answer, see);
    else this.#passOnUpgrade(action, answer, see);
  }

  #passOnResponse(
    action: Action<'pass-on'>,
    answer: GenuineAnswer & { readonly kind: 'response' },
    see: (bytes: Buffer) => void,
  ): void {
    const { head, response } = this.#exchange;
    if (this.#ownBody !== null) {
      this.#sayInstead(this.#ownBody, action, answer);
      return;
    }
    const stream = answerStream(head.target);
    const changes = action.inject !== null || (action.body && this.#hasRulesFor(stream));
    const unpack = changes && headerValue(action.headers, 'content-encoding')?.toLowerCase() === 'gzip';
    const hidden = [...(changes ? ['content-length'] : []), ...(unpack ? ['content-encoding'] : [])];
    const headers = hidden.reduce(without, action.headers);
    writeHead(this.#exchange, answer.status, answer.statusText, headers);
    // What a rule cuts off must not look whole.
    const failed = (error: Error | null | undefined): void => {
      if (error && !this.#flows.isCut) response.destroy();
    };
    const { body } = answer;
    const from = unpack ? pipeline(body, createGunzip(), failed) : body.once('error', failed);
    this.#flows.join(this.#planOf(stream, action.inject, see), from, response);
    response.once('close', () => from.destroy());
  }

  #sayInstead(
    body: string | Buffer,
    action: Action<'pass-on'>,
    answer: GenuineAnswer & { readonly kind: 'response' },
  ): void {
    const { lane, loot, write } = this.#context;
    // The genuine one is heard out: the attacker has it, and the connection is of use again.
    answer.body.on('data', (bytes: Buffer) => loot.keep('down', lane, bytes));
    const framed = ['content-length', 'content-encoding'].reduce(without, action.headers);
    const headers: HeaderList = [...framed, ['Content-Length', `${Buffer.byteLength(body)}`]];
    writeHead(this.#exchange, answer.status, answer.statusText, headers);
    this.#exchange.response.end(body);
    write(answerStream(this.#exchange.head.target), 'client-got', Buffer.from(body));
  }

  #hasRulesFor(stream: StreamName): boolean {
    if (this.#context.hooks?.onStream !== undefined) return true;
    return this.#context.rules.some(
      (rule) => !('stream' in rule) || rule.stream === null || rule.stream === stream,
    );
  }

  #passOnUpgrade(
    action: Action<'pass-on'>,
    answer: GenuineAnswer & { readonly kind: 'upgraded' },
    see: (bytes: Buffer) => void,
  ): void {
    const victim = this.#exchange.upgradeSocket;
    if (victim === null) {
      answer.socket.destroy();
      return;
    }
    const { status, statusText, headers } = answer;
    victim.write(formatResponseHead({ status, statusText, headers: action.headers }));
    this.#session = new RelayedSession({
      context: this.#context,
      path: this.#exchange.head.target,
      flows: this.#flows,
      see,
    });
    this.#session.begin(victim, answer.socket, headers);
  }

  #planOf(stream: StreamName, slip: string | null, see: (bytes: Buffer) => void): FlowPlan {
    const { write } = this.#context;
    const isUp = stream === 'body-up';
    return {
      flow: stream,
      stream,
      slip,
      sent: (bytes) => {
        see(bytes);
        write(stream, isUp ? 'client-sent' : 'endpoint-answered', bytes);
      },
      received: (bytes) => write(stream, isUp ? 'endpoint-received' : 'client-got', bytes),
    };
  }

  /** Towards the victim what was said before is on its way: its socket sends it, and ends. */
  #cut(): void {
    const { note, write } = this.#context;
    note('connection-cut', {});
    write('note', 'attacker', Buffer.from('a rule breaks the connection off'));
    this.#genuine?.destroy();
    const { upgradeSocket, response } = this.#exchange;
    if (upgradeSocket === null) response.breakOff();
    else upgradeSocket.end();
    this.#flows.close();
  }
}

/** A body that grows on the way cannot keep its announced length. */
function framed(headers: HeaderList): HeaderList {
  return [...without(headers, 'content-length'), ['Transfer-Encoding', 'chunked']];
}

function without(headers: HeaderList, name: string): HeaderList {
  return headers.filter(([key]) => key.toLowerCase() !== name);
}
