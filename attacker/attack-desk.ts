import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Attack, Attacker, AttackPlan } from './attacker';
import type { OrderedAttack } from './control-protocol';
import { type LootReport, reportLoot } from './loot-report';

/**
 * Carries out what is ordered from elsewhere, one attack at a time. Whoever orders one keeps it alive by asking for it;
 * an attack that nobody asks for any longer is withdrawn, or a crashed client would leave the path cut.
 */
export interface AttackDeskOptions {
  readonly attacker: Attacker;
  /** What an order does not say: from where, and with what that was handed to the attacker. */
  readonly prepare: (order: OrderedAttack) => Promise<Prepared>;
  readonly log: Logger;
  /** How long an attack lasts after its owner was last heard of. */
  readonly leaseMs: number;
  /** Told when the path could not be given back: nothing that happens on it from now on is worth believing. */
  readonly onStuck: (error: unknown) => void;
}

export type Prepared = Pick<AttackPlan, 'position'> & Partial<Pick<AttackPlan, 'present' | 'authorityAt'>>;

export type Finished =
  | { readonly kind: 'finished'; readonly report: LootReport }
  /** Withdrawn before its owner asked for it. */
  | { readonly kind: 'lapsed' }
  | { readonly kind: 'unknown' };

export class AttackDesk {
  readonly #options: AttackDeskOptions;
  /** The newest attack, over or not: its owner may ask twice for what it got. */
  #newest: HeldAttack | null = null;
  #starting: Promise<unknown> | null = null;
  #closed = false;

  constructor(options: AttackDeskOptions) {
    this.#options = options;
  }

  /** Throws what Attacker.attack throws. */
  async start(order: OrderedAttack): Promise<{ kind: 'started'; id: string } | { kind: 'busy' }> {
    if (this.#closed || this.#starting !== null || this.#newest?.isOver === false) return { kind: 'busy' };
    const { attacker, prepare, log } = this.#options;
    const { target, also = [], ...rest } = order;
    const starting = prepare(order).then((prepared) =>
      attacker.attack({ ...rest, targets: [target, ...also], ...prepared }),
    );
    this.#starting = starting;
    try {
      const held = new HeldAttack(await starting, this.#options);
      this.#newest = held;
      log.info({ attack: held.id, technique: order.technique, mode: order.mode, target }, 'attack started');
      return { kind: 'started', id: held.id };
    } finally {
      this.#starting = null;
    }
  }

  /** The owner is still there. False for an attack that is over, or was never heard of. */
  renew(id: string): boolean {
    const held = this.#newest;
    if (held === null || held.id !== id || held.isOver) return false;
    held.renew();
    return true;
  }

  /** Withdraws and says what was captured; asked again, says it again. Throws when the path could not be given back. */
  async finish(id: string): Promise<Finished> {
    const held = this.#newest;
    return held === null || held.id !== id ? { kind: 'unknown' } : held.end('finished');
  }

  /** The owner will not come back. */
  abandon(id: string): void {
    if (this.#newest?.id === id) this.#newest.abandon();
  }

  /** Withdraws what is under way, and takes no more orders. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#starting?.catch(() => undefined);
    // A failure was told to onStuck.
    await this.#newest?.end('lapsed').catch(() => undefined);
  }
}

class HeldAttack {
  readonly id = randomUUID();
  readonly #attack: Attack;
  readonly #options: AttackDeskOptions;
  readonly #lease: NodeJS.Timeout;
  #end: Promise<Finished> | null = null;
  #isOver = false;

  constructor(attack: Attack, options: AttackDeskOptions) {
    this.#attack = attack;
    this.#options = options;
    this.#lease = setTimeout(() => this.abandon(), options.leaseMs);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  renew(): void {
    this.#lease.refresh();
  }

  abandon(): void {
    if (this.#end !== null) return;
    this.#options.log.warn({ attack: this.id }, 'the owner of the attack is gone');
    // A failure was told to onStuck, and is told to whoever asks later.
    this.end('lapsed').catch(() => undefined);
  }

  end(how: 'finished' | 'lapsed'): Promise<Finished> {
    this.#end ??= this.#withdraw(how);
    return this.#end;
  }

  async #withdraw(how: 'finished' | 'lapsed'): Promise<Finished> {
    clearTimeout(this.#lease);
    try {
      await this.#attack.withdraw();
    } catch (error) {
      this.#options.onStuck(error);
      throw error;
    }
    this.#isOver = true;
    const report = reportLoot(this.#attack.loot);
    const { connections, requests, genuineAnswers, bearerTokens } = report;
    const counts = { connections, requests, genuineAnswers: genuineAnswers.length, bearerTokens };
    this.#options.log.info({ attack: this.id, ...counts, loot: report.quotes }, 'attack withdrawn');
    return how === 'finished' ? { kind: 'finished', report } : { kind: 'lapsed' };
  }
}
