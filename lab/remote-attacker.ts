import { text as readText } from 'node:stream/consumers';
import {
  type Decoded,
  decodeLootReport,
  encodeOrder,
  type OrderedAttack,
} from '../attacker/control-protocol';
import type { LootReport } from '../attacker/loot-report';
import { MidplaneError } from '../error';
import { type Endpoint, type Host, joinHostPort } from '../network/network';
import { exchange } from '../network/transport';
import type { AttackOrder, OngoingAttack } from './lab-under-test';

/** The attacker as a machine of its own: attacks are ordered over the network, and the loot comes back as data. */
export interface RemoteAttacker {
  /** Throws MidplaneError LAB_START_FAILED, which names the attacker, when it is away or refuses. */
  attack(
    order: Omit<AttackOrder, 'position'> & Pick<OrderedAttack, 'also' | 'channelsTo'>,
  ): Promise<OngoingAttack>;
  status(): Promise<AttackerStatus>;
  /** Withdraws what is under way. Idempotent. */
  close(): Promise<void>;
}

export type AttackerStatus =
  /** The instance is another one after each restart. */
  { readonly kind: 'ready'; readonly instance: string } | { readonly kind: 'away'; readonly says: string };

export interface RemoteAttackerOptions {
  readonly from: Host;
  readonly server: { readonly host: string; readonly port: number };
  readonly token: string;
  /** Where an impostor can read the genuine authority's name (the apiserver). Default: the target of each attack. */
  readonly authorityAt?: Endpoint;
  readonly times?: Partial<RemoteAttackerTimes>;
}

export interface RemoteAttackerTimes {
  /** For one exchange, dialling included. */
  readonly answerMs: number;
  /** How often the attacker is told that somebody still wants the attack; it gives up after a minute. */
  readonly renewMs: number;
}

const TIMES: RemoteAttackerTimes = { answerMs: 10_000, renewMs: 20_000 };

export function remoteAttacker(options: RemoteAttackerOptions): RemoteAttacker {
  const line = new ControlLine(options);
  const ongoing = new Set<RemoteAttack>();
  return {
    async attack(order) {
      const { authorityAt } = options;
      const ordered: OrderedAttack = authorityAt === undefined ? order : { ...order, authorityAt };
      const attack = new RemoteAttack(line, await line.order(ordered));
      ongoing.add(attack);
      attack.over.finally(() => ongoing.delete(attack)).catch(() => undefined);
      return attack;
    },
    status: () => line.status(),
    async close() {
      await Promise.all([...ongoing].map((attack) => attack[Symbol.asyncDispose]()));
    },
  };
}

class RemoteAttack implements OngoingAttack {
  readonly over: Promise<LootReport>;
  readonly #line: ControlLine;
  readonly #id: string;
  readonly #renewal: NodeJS.Timeout;
  readonly #settle: (report: Promise<LootReport>) => void;
  #withdrawn = false;

  constructor(line: ControlLine, id: string) {
    this.#line = line;
    this.#id = id;
    let settle: (report: Promise<LootReport>) => void = () => undefined;
    this.over = new Promise((resolve) => {
      settle = resolve;
    });
    this.#settle = settle;
    this.#renewal = setInterval(() => void line.renew(id), line.times.renewMs);
    this.#renewal.unref();
  }

  withdraw(): Promise<LootReport> {
    if (!this.#withdrawn) {
      this.#withdrawn = true;
      clearInterval(this.#renewal);
      this.#settle(this.#line.finish(this.#id));
    }
    return this.over;
  }

  /** Says nothing about a failure: whoever asked for the loot heard of it, and nobody else believes this attack. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.withdraw().catch((error: unknown) => {
      if (!(error instanceof MidplaneError)) throw error;
    });
  }
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** The control protocol from the ordering side (attacker/control-server.ts has its table). */
class ControlLine {
  readonly times: RemoteAttackerTimes;
  readonly #options: RemoteAttackerOptions;
  readonly #name: string;

  constructor(options: RemoteAttackerOptions) {
    this.#options = options;
    this.times = { ...TIMES, ...options.times };
    this.#name = `the attacker at ${joinHostPort(options.server.host, options.server.port)}`;
  }

  async order(order: OrderedAttack): Promise<string> {
    const answer = await this.#ask('POST', '/attacks', encodeOrder(order));
    if (answer.status !== 201) throw this.#refused(answer);
    const id = stringField(answer.body, 'id');
    if (id === null) throw this.#unreadable('its answer names no attack');
    return id;
  }

  async finish(id: string): Promise<LootReport> {
    const answer = await this.#ask('DELETE', `/attacks/${id}`);
    if (answer.status === 404) {
      throw this.#failed(
        'was started anew during the attack',
        'the run says nothing about this cell: repeat it',
      );
    }
    if (answer.status !== 200) throw this.#refused(answer);
    const report: Decoded<LootReport> = decodeLootReport(answer.body);
    if (report.kind === 'malformed') throw this.#unreadable(report.text);
    return report.value;
  }

  /** What goes wrong here is heard of when the attack is to be withdrawn. */
  async renew(id: string): Promise<void> {
    await this.#exchange('GET', `/attacks/${id}`);
  }

  async status(): Promise<AttackerStatus> {
    const answer = await this.#exchange('GET', '/healthz');
    if (typeof answer === 'string') return away(`${this.#name} does not answer: ${answer}`);
    if (answer.status !== 200) return away(this.#refused(answer).message);
    const instance = stringField(answer.body, 'instance');
    if (instance === null) return away(this.#unreadable('it does not say which process it is').message);
    return { kind: 'ready', instance };
  }

  async #ask(method: string, path: string, body?: string): Promise<Answer> {
    const answer = await this.#exchange(method, path, body);
    if (typeof answer !== 'string') return answer;
    throw this.#failed(
      'does not answer',
      `${answer}; see docker compose ps attacker, docker compose logs attacker`,
    );
  }

  /** One exchange over a connection of its own; a text says why there was none. */
  async #exchange(method: string, path: string, body?: string): Promise<Answer | string> {
    const { from, server, token } = this.#options;
    const timer = new AbortController();
    const timeout = setTimeout(() => timer.abort(), this.times.answerMs);
    const bytes = Buffer.from(body ?? '');
    try {
      const connection = await from.dial(server, { signal: timer.signal });
      if (connection.kind === 'refusal') return connection.text;
      timer.signal.addEventListener('abort', () => connection.socket.destroy(), { once: true });
      const answered = await exchange(connection, {
        method,
        path,
        headers: [
          ['Host', joinHostPort(server.host, server.port)],
          ['Authorization', `Bearer ${token}`],
          ['Content-Type', 'application/json'],
          ['Content-Length', `${bytes.length}`],
          ['Connection', 'close'],
        ],
        body: bytes,
      });
      if (answered.kind === 'refusal') return answered.text;
      if (answered.kind === 'upgraded') {
        answered.socket.destroy();
        return 'it speaks another protocol';
      }
      const said = await readText(answered.body).catch(() => null);
      return said === null ? 'it broke off in its answer' : { status: answered.status, body: said };
    } finally {
      clearTimeout(timeout);
    }
  }

  #refused({ status, body }: Answer): MidplaneError {
    const words = stringField(body, 'error') ?? `status ${status}`;
    switch (status) {
      case 401:
        return this.#failed(
          'refuses the control token',
          'both sides must read the token of one midplane pki run: mint anew with docker compose down -v',
        );
      case 409:
        return this.#failed(
          `is busy: ${words}`,
          'end the other run, or wait a minute: what nobody asks for is withdrawn',
        );
      default:
        return this.#failed(`refuses: ${words}`, 'see docker compose logs attacker');
    }
  }

  #unreadable(why: string): MidplaneError {
    return this.#failed(
      `cannot be understood: ${why}`,
      'the attacker and the workstation must be of the same midplane version',
    );
  }

  #failed(what: string, hint: string): MidplaneError {
    return new MidplaneError('LAB_START_FAILED', `${this.#name} ${what}`, { hint });
  }
}

function away(says: string): AttackerStatus {
  return { kind: 'away', says };
}

function stringField(json: string, name: string): string | null {
  try {
    const value: unknown = (JSON.parse(json) as Record<string, unknown> | null)?.[name];
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}
