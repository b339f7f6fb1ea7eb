import { type CommandOutcome, failed, succeeded } from '../client/command-outcome';
import type { AnswerObserver, ObservedAnswer } from '../client/kube-client';
import { Collected } from '../client/read-body';
import { joinHostPort } from '../network/network';

/** The first success of this method on a path that begins so. */
export interface AwaitedAnswer {
  readonly method: string;
  readonly path: string;
}

/**
 * What a component took for its server's answers, and how it got on: until it was answered what it is asked about, or
 * could not go on. The component itself is none the wiser.
 */
export class Witness implements AnswerObserver {
  /** Kept when it is known how it got on. */
  readonly settled: Promise<void>;
  readonly #server: string;
  readonly #awaited: Set<AwaitedAnswer> | null;
  readonly #received = new Collected();
  #failure: string | null = null;
  #over = false;
  #announce: () => void = () => undefined;

  /** `awaited`: the answers that a component has to get, for what was planted to have gone both ways; null: it ends by itself. */
  constructor(
    server: { readonly host: string; readonly port: number },
    awaited: readonly AwaitedAnswer[] | null,
  ) {
    this.#server = joinHostPort(server.host, server.port);
    this.#awaited = awaited === null ? null : new Set(awaited);
    this.settled = new Promise((resolve) => {
      this.#announce = resolve;
    });
  }

  received(bytes: Buffer): void {
    if (this.#over) return;
    this.#received.add(bytes);
  }

  answered(answer: ObservedAnswer): void {
    // What fails from now on fails because the component was told to stop.
    if (this.#over) return;
    const { method, path, status, refusal, words } = answer;
    if (refusal !== null) {
      // As Go's http.Client puts it, which is how components write it into their logs.
      const verb = method.charAt(0) + method.slice(1).toLowerCase();
      this.#fail(`${verb} "https://${this.#server}${path}": ${refusal.text}`);
    } else if (status === 401 || status === 403 || status >= 500) this.#fail(words);
    else if (status < 300) this.#succeed(method, path);
  }

  outcome(): CommandOutcome {
    const stdout = this.#received.bytes();
    return this.#failure === null ? succeeded({ stdout }) : failed(this.#failure, { stdout });
  }

  #succeed(method: string, path: string): void {
    if (this.#awaited === null) return;
    for (const it of this.#awaited) {
      if (it.method === method && path.startsWith(it.path)) this.#awaited.delete(it);
    }
    if (this.#awaited.size === 0) this.#settle();
  }

  #fail(words: string): void {
    this.#failure = words;
    this.#settle();
  }

  #settle(): void {
    this.#over = true;
    this.#announce();
  }
}
