import type { TimelineEvent } from '../network/timeline';
import { isClientPath } from '../scenarios/vocabulary';
import type { Cell } from './outcome';

/**
 * What a connection is to the story. `asked`: the user's request came by it. `visit`: the attacker looked around before
 * it took its place. `errand`: the attacker went to use what it had captured. `aside`: not about the attacked leg, and
 * left out. `stage`: everything else.
 */
export interface Leg {
  readonly role: 'asked' | 'visit' | 'errand' | 'aside' | 'stage';
  /** The machine that dialled; null when it did so before the story began. */
  readonly from: string | null;
  /** The machine that was really reached; null when nobody knows. */
  readonly reaches: string | null;
  /** Whether the attacker only listens: what it keeps then is what passed on the wire. */
  readonly tapped: boolean;
  /** Whether the certificate that is shown on it is told by the one who shows it. */
  readonly shown: boolean;
}

export interface Scene {
  leg(connection: string | null): Leg;
  /** Whether this machine is the one that users and nodes ask. */
  isApiserver(host: string): boolean;
}

const unknownLeg: Leg = { role: 'stage', from: null, reaches: null, tapped: false, shown: false };

/**
 * Everything that must be known before the first sentence. Where somebody dials by himself, and no apiserver that was
 * asked, what others have had open since before is no part of the story.
 */
export function sceneOf(events: readonly TimelineEvent[], { path, technique }: Cell): Scene {
  const byClient = isClientPath(path);
  const passers = hostsOf(events, ({ kind }) => kind.startsWith('backend-'));
  const apiservers = new Set([...passers, ...hostsOf(events, isAskedByNode)]);
  const attackers = hostsOf(events, ({ kind }) => attackerKinds.has(kind));
  const tunnelEnds = hostsOf(events, ({ kind }) => kind === 'tunnel-end-dialled');
  const actors = new Set([...(byClient ? victimsOf(events) : [...passers, ...tunnelEnds]), ...attackers]);
  const before: Leg = byClient ? { ...unknownLeg, role: 'aside' } : unknownLeg;
  const roleOf = (host: string): Leg['role'] => {
    if (technique === 'replay' && attackers.has(host)) return 'errand';
    return actors.size === 0 || actors.has(host) ? 'stage' : 'aside';
  };
  const legs = new Map<string, Leg>();
  const change = (connection: string, what: Partial<Leg>): void => {
    legs.set(connection, { ...(legs.get(connection) ?? unknownLeg), ...what });
  };
  let openedInRun: { readonly host: string; readonly connection: string }[] = [];
  for (const { kind, host, connection, data } of events) {
    if (kind === 'step') openedInRun = [];
    if (kind === 'position-taken') {
      for (const opened of openedInRun)
        if (opened.host === host) change(opened.connection, { role: 'visit' });
    }
    if (connection === null) continue;
    if (kind.startsWith('backend-')) change(connection, { role: 'asked' });
    else if (kind === 'certificate-shown') change(connection, { shown: true });
    else if (kind === 'connection-intercepted') change(connection, { tapped: data['to'] === undefined });
    else if (kind === 'connection-opened') {
      const reaches = typeof data['deliveredTo'] === 'string' ? data['deliveredTo'] : null;
      change(connection, { from: host, reaches, role: roleOf(host) });
      openedInRun.push({ host, connection });
    }
  }
  return {
    leg: (connection) => (connection === null ? unknownLeg : (legs.get(connection) ?? before)),
    isApiserver: (host) => apiservers.has(host),
  };
}

/**
 * Causes before effects. A dial is recorded when it has succeeded, and by then whoever took it has said so already; and
 * an attacker may note its last answer after it gave its position back.
 */
export function causesFirst(events: readonly TimelineEvent[]): TimelineEvent[] {
  const ordered: TimelineEvent[] = [];
  let withdrawn: TimelineEvent[] = [];
  const withdraw = (): void => {
    const at = ordered.at(-1)?.at ?? 0;
    ordered.push(...withdrawn.map((event) => ({ ...event, at: Math.max(at, event.at) })));
    withdrawn = [];
  };
  for (const event of events) {
    if (event.kind === 'position-withdrawn') withdrawn.push(event);
    else if (event.kind === 'connection-opened') {
      const taken = ordered.findIndex(
        (earlier) => earlier.kind === 'connection-intercepted' && earlier.connection === event.connection,
      );
      if (taken < 0) ordered.push(event);
      else ordered.splice(taken, 0, { ...event, at: Math.min(event.at, ordered[taken]?.at ?? event.at) });
    } else {
      if (event.kind === 'step') withdraw();
      ordered.push(event);
    }
  }
  withdraw();
  return ordered;
}

export const NODE_USER = 'system:node:';

function isAskedByNode({ kind, data }: TimelineEvent): boolean {
  return kind === 'request-received' && String(data['user'] ?? '').startsWith(NODE_USER);
}

/** Whose connections ended in the attacker's hands. */
function victimsOf(events: readonly TimelineEvent[]): Set<string> {
  const taken = new Set(
    events.filter(({ kind }) => kind === 'connection-intercepted').map(({ connection }) => connection),
  );
  return hostsOf(events, ({ kind, connection }) => kind === 'connection-opened' && taken.has(connection));
}

function hostsOf(events: readonly TimelineEvent[], speaks: (event: TimelineEvent) => boolean): Set<string> {
  return new Set(events.filter(speaks).map(({ host }) => host));
}

const attackerKinds: ReadonlySet<string> = new Set([
  'position-taken',
  'connection-intercepted',
  'request-captured',
  'certificate-shown',
]);
