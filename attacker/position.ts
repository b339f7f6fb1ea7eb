import type { TappedBytes } from '../network/fabric';
import type { Endpoint, Host } from '../network/network';

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
  /** Where the victim's packets are addressed when they come here. Absent: the target itself, or its port at our address. */
  readonly dialled?: Endpoint;
  /** What of the attacker's machine the connections pass. Default: prerouting, they come in from elsewhere. */
  readonly chains?: readonly Chain[];
  /** What was changed on the victim, as a clause for people: `on control-plane, 10.0.0.11 is at attacker`. */
  describe(): string;
  take(): Undo | Promise<SlowUndo>;
}

/** One that is taken and given back at once, by changing a table. */
export interface QuickPosition extends Position {
  take(): Undo;
}

/** `prerouting`: what comes in. `output`: what this machine's own programs dial, the attacker's excepted. */
export type Chain = 'prerouting' | 'output';

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
      readonly chain?: Chain;
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
export function neighbour(victim: Victim, attacker: Host, target: string): QuickPosition {
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
export function route(victim: Victim, attacker: Host, target: string): QuickPosition {
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
export function name(
  victim: Victim,
  attacker: Host,
  takenName: string,
  dialled: {
    /** The name that the resolver is asked for in the end, where the victim completes what it was told. */
    readonly completed?: string;
    readonly port?: number;
  } = {},
): QuickPosition {
  const asked = dialled.completed ?? takenName;
  const address = addressOf(attacker);
  return {
    arrival: 'addressed',
    takenName,
    ...(dialled.port === undefined ? {} : { dialled: { address, port: dialled.port } }),
    describe: () => `on ${victim.name}, the name ${asked} resolves to ${address} (${attacker.name})`,
    take() {
      const before = victim.names.get(asked);
      victim.names.set(asked, address);
      return once(() => {
        if (before === undefined) victim.names.delete(asked);
        else victim.names.set(asked, before);
      });
    },
  };
}

/** Several positions as one, given back in reverse order. They must agree on how traffic arrives. */
export function together(positions: readonly QuickPosition[]): QuickPosition {
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
export function alreadyOnPath(why: string): QuickPosition {
  return { arrival: 'forwarded', takenName: null, describe: () => why, take: () => () => undefined };
}

/** For a machine that the victim dials by its own address: nothing to change either. */
export function atOwnAddress(why: string): QuickPosition {
  return { arrival: 'addressed', takenName: null, describe: () => why, take: () => () => undefined };
}

/**
 * Root on one of the machines at the ends: nothing to change but the machine's own address translation, which whoever
 * stands ready to answer changes anyway. `dialled`: where connections that pass are addressed, if not to the target.
 */
export function onTheMachine(
  machine: string,
  { chains, dialled }: { readonly chains: readonly Chain[]; readonly dialled?: Endpoint },
): QuickPosition {
  const does = !chains.includes('prerouting') ? 'dials' : dialled === undefined ? 'receives' : 'passes on';
  return {
    arrival: 'forwarded',
    takenName: null,
    chains,
    ...(dialled === undefined ? {} : { dialled }),
    describe: () => `root on ${machine} turns aside what ${machine} ${does}`,
    take: () => () => undefined,
  };
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
