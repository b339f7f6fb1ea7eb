import { dirname, isAbsolute, join } from 'node:path';
import { MidplaneError } from '../error';
import type { PositionId } from '../scenarios/vocabulary';

/** Where a running lab is and how to get in: what the lab's own command line needs, and nobody else has. */
export interface LabDescriptor {
  /** The administrator's kubeconfig. */
  readonly kubeconfig: string;
  readonly attacker: {
    readonly host: string;
    readonly port: number;
    readonly tokenFile: string;
    /** Where its machine is: a router between the networks, or a neighbour that forges ARP. Default: the router. */
    readonly position?: PlaceOfAttacker;
  };
  /** The folder of the certificates that techniques are handed. */
  readonly handed: string;
  /** The folder of the flag files. */
  readonly settings: string;
  readonly addresses: { readonly node1: string; readonly webPod: string };
}

const placesOfAttacker = ['route', 'arp'] as const satisfies readonly PositionId[];
export type PlaceOfAttacker = (typeof placesOfAttacker)[number];

const header = { apiVersion: 'midplane/v1', kind: 'LabDescriptor' };

export function formatLabDescriptor(descriptor: LabDescriptor): string {
  return `${JSON.stringify({ ...header, ...descriptor }, null, 2)}\n`;
}

/** Files are relative to the descriptor's own. Throws MidplaneError CONFIG_INVALID. */
export function parseLabDescriptor(text: string, fileName: string): LabDescriptor {
  const from = (path: string): string => (isAbsolute(path) ? path : join(dirname(fileName), path));
  const found = read(text);
  if (found === null) {
    throw new MidplaneError('CONFIG_INVALID', `"${fileName}" does not describe a lab`, {
      hint: 'MIDPLANE_LAB names the lab.json that midplane pki wrote for the workstation',
    });
  }
  return {
    ...found,
    kubeconfig: from(found.kubeconfig),
    attacker: { ...found.attacker, tokenFile: from(found.attacker.tokenFile) },
    handed: from(found.handed),
    settings: from(found.settings),
  };
}

function read(text: string): LabDescriptor | null {
  try {
    const value = JSON.parse(text) as Partial<LabDescriptor & typeof header> | null;
    if (value?.kind !== header.kind || value.apiVersion !== header.apiVersion) return null;
    const { kubeconfig, attacker, handed, settings, addresses } = value;
    if (kubeconfig === undefined || handed === undefined || settings === undefined) return null;
    if (typeof attacker?.host !== 'string' || typeof attacker.tokenFile !== 'string') return null;
    const { position } = attacker;
    if (position !== undefined && !placesOfAttacker.includes(position)) return null;
    if (typeof addresses?.node1 !== 'string' || typeof addresses.webPod !== 'string') return null;
    return { kubeconfig, attacker, handed, settings, addresses };
  } catch {
    return null;
  }
}
