/** The positions: how traffic comes to the attacker. vocabulary.ts has the other words. */

import type { Since } from './path-words';

interface PositionWord {
  readonly id: string;
  readonly title: string;
  /** What the attacker must have before it begins. */
  readonly needs: string;
  /** Where it can be seen by somebody who looks, for people; what was really seen is in each cell. */
  readonly traces: string;
  /** Techniques that need more than a place on the network elsewhere, and nothing more here. */
  readonly brings: readonly string[];
  readonly since: Since;
}

export const positions = [
  {
    id: 'arp',
    title: 'forged ARP answers: the next hop is the attacker',
    needs: 'a machine on the same segment as the one that dials',
    traces: 'neighbour table of the one that dials',
    brings: [],
    since: '0.1.0',
  },
  {
    id: 'route',
    title: 'a route that leads by way of the attacker',
    needs: 'to be a router, or to be believed when it announces a route',
    traces: 'routing table of the one that dials',
    brings: [],
    since: '0.1.0',
  },
  {
    id: 'name',
    title: 'a forged DNS answer: the name means the attacker',
    needs: 'to answer for the resolver, or to write its data; a client that dials by name',
    traces: 'answers of the resolver, and the address that is dialled then',
    brings: [],
    since: '0.1.0',
  },
  {
    id: 'node-address',
    title: "the node's own status names the attacker's address",
    needs: "the node's client certificate and key",
    traces: 'status.addresses of the Node, its managedFields, the audit log',
    brings: [],
    since: '0.1.0',
  },
  {
    id: 'compromised-node',
    title: 'root on the node: what ends there and what begins there',
    needs: 'root on the node',
    traces: "the node's own NAT rules, for as long as its root does not hide them",
    brings: ['stolen'],
    since: '0.1.0',
  },
] as const satisfies readonly PositionWord[];

export type PositionId = (typeof positions)[number]['id'];

export const positionIds: readonly PositionId[] = positions.map((word) => word.id);
export const positionsRun: readonly PositionId[] = positions
  .filter((word) => word.since !== null)
  .map((word) => word.id);

/** What every matrix is run with unless others are asked for. */
export const defaultPosition: PositionId = 'arp';

/** Whether the position itself gives the attacker what this technique needs. */
export function brings(position: PositionId, technique: string): boolean {
  const brought: readonly string[] = positions.find((word) => word.id === position)?.brings ?? [];
  return brought.includes(technique);
}
