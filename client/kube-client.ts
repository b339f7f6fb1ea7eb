import type { Refusal } from '../network/network';
import { ApiserverLink, type KubeClientOptions } from './apiserver-link';
import type { CommandOutcome } from './command-outcome';
import { failedAnswerWords, isSuccess, unreachableWords } from './kubectl-words';
import { type LogsOptions, logs } from './logs';
import { type PortForward, type PortForwardOptions, portForward } from './port-forward';
import { type RawOptions, raw } from './raw';
import { Collected, readBody } from './read-body';
import { type AttachOptions, type ExecOptions, remoteSession } from './remote-session';
import { type Watch, type WatchListener, watch } from './watch';

export type { AnswerObserver, KubeClientOptions, ObservedAnswer } from './apiserver-link';
export type { CommandOutcome } from './command-outcome';
export type { PortForward } from './port-forward';
export type { Watch, WatchEnd, WatchListener } from './watch';

export interface RequestOptions {
  /** A Buffer or string is sent as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface KubeResponse {
  /** 0 when there was no answer: see `refusal`. */
  readonly status: number;
  readonly ok: boolean;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** Why there was no answer. */
  readonly refusal: Refusal | null;
  /** What kubectl would say about it; '' when it is ok. */
  readonly words: string;
  /** The decoded body, null when it is no JSON. */
  json(): unknown;
}

/**
 * A client of one apiserver that does what kubectl 1.33 does, and says what kubectl says. Ordinary requests share kept
 * connections; logs, exec, attach and port-forward each open one of their own. What networks and servers do comes back as
 * a value; every call takes an AbortSignal.
 */
export class KubeClient implements AsyncDisposable {
  readonly #link: ApiserverLink;

  constructor(options: KubeClientOptions) {
    this.#link = new ApiserverLink(options);
  }

  request(method: string, path: string, options: RequestOptions = {}): Promise<KubeResponse> {
    return this.#within(options, async ({ signal }) => {
      const body = encodeBody(options.body);
      const answer = await this.#link.send({
        method,
        path,
        headers: {
          Accept: 'application/json',
          ...(body === undefined
            ? {}
            : {
                'Content-Type': options.contentType ?? 'application/json',
                'Content-Length': String(body.length),
              }),
          ...options.headers,
        },
        ...(body === undefined ? {} : { body }),
        signal,
      });
      const { server, options: link } = this.#link;
      const { observer } = link;
      const observed = (response: KubeResponse): KubeResponse => {
        const { status, refusal, words } = response;
        observer?.answered({ method, path, status, refusal, words });
        return response;
      };
      if (answer.kind === 'refusal') return observed(unanswered(answer, server));
      const kept = new Collected();
      const end = await readBody(answer.body, (chunk) => {
        observer?.received(chunk);
        kept.add(chunk);
      });
      if (end.kind === 'cut-off') {
        const peer = null;
        const cut: Refusal = { kind: 'refusal', code: 'CONNECTION_CLOSED', text: 'unexpected EOF', peer };
        return observed(unanswered(cut, server));
      }
      return observed(answered(method, answer.status, answer.headers, kept.bytes()));
    });
  }

  /** Calls `onEvent` for each event until the watch ends; `watch=true` is added to the path. */
  watch(path: string, onEvent: WatchListener, options: { readonly signal?: AbortSignal } = {}): Watch {
    return watch(this.#link, path, onEvent, options.signal);
  }

  /** `kubectl logs` */
  logs(options: LogsOptions): Promise<CommandOutcome> {
    return this.#within(options, (bound) => logs(this.#link, bound));
  }

  /** `kubectl exec` */
  exec(options: ExecOptions): Promise<CommandOutcome> {
    return this.#within(options, (bound) => remoteSession(this.#link, bound, bound.command));
  }

  /** `kubectl attach` */
  attach(options: AttachOptions): Promise<CommandOutcome> {
    return this.#within(options, (bound) => remoteSession(this.#link, bound, null));
  }

  /** `kubectl port-forward`. The signal, and closing the client, end the session too. */
  async portForward(options: PortForwardOptions): Promise<PortForward | CommandOutcome> {
    const stop = new AbortController();
    const release = this.#link.guard(options.signal, () => stop.abort());
    const result = await portForward(this.#link, { ...options, signal: stop.signal });
    if (result.kind === 'outcome') release();
    else void result.ended.then(release);
    return result;
  }

  /** `kubectl get --raw`, `kubectl create --raw` */
  raw(options: RawOptions): Promise<CommandOutcome> {
    return this.#within(options, (bound) => raw(this.#link, bound));
  }

  /** `host:port` of the apiserver. */
  get server(): string {
    return this.#link.server;
  }

  /**
   * Ends every connection, in the middle of what it carries, so that the next request shows the client certificate of now.
   * Source: k8s.io/client-go util/connrotation (CloseAll).
   */
  closeConnections(): void {
    this.#link.closeConnections();
  }

  /** Ends everything that is open. Idempotent. */
  async close(): Promise<void> {
    this.#link.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Runs a call under one signal that stands for the caller's and for the end of this client. */
  async #within<Options extends { readonly signal?: AbortSignal }, Result>(
    options: Options,
    work: (bound: Options) => Promise<Result>,
  ): Promise<Result> {
    const stop = new AbortController();
    const release = this.#link.guard(options.signal, () => stop.abort());
    try {
      return await work({ ...options, signal: stop.signal });
    } finally {
      release();
    }
  }
}

function encodeBody(body: unknown): Buffer | undefined {
  if (body === undefined) return undefined;
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function answered(
  method: string,
  status: number,
  headers: KubeResponse['headers'],
  body: Buffer,
): KubeResponse {
  const ok = isSuccess(status);
  const type = headers['content-type'];
  const contentType = typeof type === 'string' ? type : null;
  return {
    status,
    ok,
    headers,
    body,
    refusal: null,
    words: ok ? '' : failedAnswerWords({ status, contentType, body, verb: method, resource: '', name: '' }),
    json: () => parseJson(body),
  };
}

function unanswered(refusal: Refusal, server: string): KubeResponse {
  return {
    status: 0,
    ok: false,
    headers: {},
    body: Buffer.alloc(0),
    refusal,
    words: unreachableWords(refusal, server),
    json: () => null,
  };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}
