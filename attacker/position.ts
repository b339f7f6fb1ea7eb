import type { TappedBytes } from '../network/fabric';
import type { Host } from '../network/network';

/**
 * How traffic is brought to the attacker's machine and given back. A position changes what the victim believes about
 * the network and nothing else: no certificate, no component of the cluster is touched.
 */

/** Gives back what was taken. Idempotent. */
export type Undo = () => void;

export interface Position {
  /**
   * `forwarded`: packets still carry the genuine destination address, so the attacker may pass them on untouched.
   * `addressed`: the victim dials the attacker's own address, so the attacker has to answer there itself.
   */
  readonly arrival: 'forwarded' | 'addressed';
  /** The name that was taken, for which a certificate has to be shown; null when it was an address. */
  readonly takenName: string | null;
  /** What was changed on the victim, as a clause for people: `on control-plane, 10.0.0.11 is at attacker`. */
  describe(): string;
  take(): Undo;
}

/** Gives back by asking a kernel: it is done when the promise is kept. Idempotent. */
export type SlowUndo = () => Promise<void>;

/** What the attacker's machine must be able to do: a FabricHost, or a real router (router-host.ts). */
export interface OnPathHost extends Host {
  /** Whether it passes on what is addressed to others. */
  forwards: boolean;
  readonly nat: {
    redirect(rule: {
      readonly to: { readonly address: string; readonly port?: number };
      readonly toPort: number;
    }): Undo | Promise<SlowUndo>;
  };
  /**
   * Sees the bytes that this machine passes on. Null where a kernel passes them on, past this process: a tap then takes
   * the connections for itself and passes their bytes on untouched.
   */
  readonly tap: ((listener: (tapped: TappedBytes) => void) => Undo) | null;
}

/** The tables of the machine that is deceived; a FabricHost has them. */
export interface Victim {
  readonly name: string;
  readonly neighbours: {
    get(address: string): string | undefined;
    set(address: string, hostName: string): void;
    delete(address: string): void;
  };
  readonly routes: {
    lookup(address: string): { readonly to: string; readonly via?: string } | undefined;
    add(route: { to: string; via: string }): void;
    delete(route: { to: string; via: string }): void;
  };
  readonly names: Map<string, string>;
}

/** Forged ARP answers: the victim's neighbour entry for the next hop towards `target` names the attacker's machine. */
export function neighbour(victim: Victim, attacker: Host, target: string): Position {
  const nextHop = victim.routes.lookup(target)?.via ?? target;
  return {
    arrival: 'forwarded',
    takenName: null,
    describe: () => `on ${victim.name}, the neighbour entry for ${nextHop} names ${attacker.name}`,
    take() {
      const before = victim.neighbours.get(nextHop);
      victim.neighbours.set(nextHop, attacker.name);
      return once(() => {
        if (before === undefined) victim.neighbours.delete(nextHop);
        else victim.neighbours.set(nextHop, before);
      });
    },
  };
}

/** A route of the victim's that leads to `target` by the attacker's machine (a forged redirect, a hostile router). */
export function route(victim: Victim, attacker: Host, target: string): Position {
  const via = addressOf(attacker);
  const forged = { to: `${target}/32`, via };
  return {
    arrival: 'forwarded',
    takenName: null,
    describe: () => `on ${victim.name}, the route to ${target} goes by ${via} (${attacker.name})`,
    take() {
      victim.routes.add(forged);
      return once(() => victim.routes.delete(forged));
    },
  };
}

/** A forged DNS answer: the victim's resolver gives the attacker's address for `name`. */
export function name(victim: Victim, attacker: Host, takenName: string): Position {
  const address = addressOf(attacker);
  return {
    arrival: 'addressed',
    takenName,
    describe: () => `on ${victim.name}, the name ${takenName} resolves to ${address} (${attacker.name})`,
    take() {
      const before = victim.names.get(takenName);
      victim.names.set(takenName, address);
      return once(() => {
        if (before === undefined) victim.names.delete(takenName);
        else victim.names.set(takenName, before);
      });
    },
  };
}

/** Several positions as one, given back in reverse order. They must agree on how traffic arrives. */
export function together(positions: readonly Position[]): Position {
  const arrival = positions[0]?.arrival ?? 'forwarded';
  if (positions.some((position) => position.arrival !== arrival)) {
    throw new RangeError('positions with different arrivals cannot be taken together');
  }
  return {
    arrival,
    takenName: positions.find((position) => position.takenName !== null)?.takenName ?? null,
    describe: () => positions.map((position) => position.describe()).join('; '),
    take() {
      const undos = positions.map((position) => position.take());
      return once(() => {
        for (const undo of undos.reverse()) undo();
      });
    },
  };
}

/** For a machine that is on the path already, such as a router: nothing to change, nothing to give back. */
export function alreadyOnPath(why: string): Position {
  return { arrival: 'forwarded', takenName: null, describe: () => why, take: () => () => undefined };
}

/** For a machine that the victim dials by its own address: nothing to change either. */
export function atOwnAddress(why: string): Position {
  return { arrival: 'addressed', takenName: null, describe: () => why, take: () => () => undefined };
}

function addressOf(host: Host): string {
  const address = host.addresses[0];
  if (address === undefined) throw new RangeError(`"${host.name}" has no address to lead traffic to`);
  return address;
}

function once(undo: () => void): Undo {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    undo();
  };
}
