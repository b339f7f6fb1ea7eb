import type { LootReport } from '../attacker/loot-report';
import type { Endpoint } from '../network/network';
import type { Side, TechniqueId } from '../scenarios/vocabulary';
import type { Canaries } from './canaries';
import type { Elsewhere } from './elsewhere';
import type { AttackOrder, Conversation, OngoingAttack } from './lab-under-test';
import type { PathSpec } from './paths';
import type { CellRun } from './run-cell';
import type { Standing } from './stand';
import { type AttackedLeg, attemptsOf, joinLoot } from './tunnel-sides';

/** Where the attacker of a cell can stand: of a tunnel in several places, one after the other. */
export type AttackPlan =
  | {
      readonly kind: 'attempts';
      readonly first: readonly AttackedLeg[];
      readonly others: readonly (readonly AttackedLeg[])[];
      /** The other endpoint of technique `steer`. */
      readonly elsewhere: Elsewhere | null;
      readonly side: { readonly side?: Side };
    }
  | { readonly kind: 'not-applicable'; readonly reason: string; readonly side: { readonly side?: Side } };

/** Nothing is attacked yet. */
export function planAttack(
  { lab, path, defence, technique, position, ...run }: CellRun,
  talk: Conversation,
): AttackPlan {
  const legs = lab.legs(defence);
  const standing = lab.stand(position, path, talk, legs !== null);
  if (standing.kind === 'not-applicable') return { ...standing, side: {} };
  const elsewhere = technique === 'steer' ? lab.elsewhere(path) : null;
  if (elsewhere?.kind === 'nowhere-else')
    return { kind: 'not-applicable', reason: elsewhere.reason, side: {} };
  const atLegs = legs !== null && path.kind === 'from-apiserver' && standing.at === 'legs';
  const attempts = atLegs
    ? attemptsOf(legs, run.side, path.target(lab.addresses))
    : [onlyLeg(talk, standing)];
  const side = legs === null ? {} : { side: run.side };
  const [first, ...others] = worthTrying(attempts, technique, path);
  if (first !== undefined) return { kind: 'attempts', first, others, elsewhere, side };
  const nothing = technique === 'steer' ? NOT_TO_ENDPOINT : NO_HANDSHAKE;
  return { kind: 'not-applicable', reason: attempts.length === 0 ? NO_NETWORK : nothing, side };
}

const NO_NETWORK = 'On this side no network is crossed: the tunnel ends on the very node that is dialled.';

const NOT_TO_ENDPOINT =
  'What passes here is for the other end of the tunnel, and only what is for the endpoint can be led to another one.';

const NO_HANDSHAKE =
  'This leg is plain HTTP: there is no handshake in which a certificate could be shown. See tap and relay.';

/** A tap disturbs nothing, so it is everywhere at once; a certificate needs a handshake in which it can be shown. */
function worthTrying(
  attempts: readonly (readonly AttackedLeg[])[],
  technique: TechniqueId,
  path: PathSpec,
): readonly (readonly AttackedLeg[])[] {
  if (technique === 'tap') return attempts.slice(-1);
  // Only what leads to the endpoint can be led to another one.
  if (technique === 'steer') return attempts.filter((attempt) => attempt.some(isSteered));
  // What is said and heard in HTTP needs no handshake.
  const isInWords = technique === 'redirect' || technique === 'replay';
  if (technique === 'relay' || (isInWords && !path.tls)) return attempts;
  return attempts.filter((attempt) => attempt.some((leg) => showsCertificate(leg, path)));
}

function onlyLeg(talk: Conversation, standing: Standing & { kind: 'stands' }): AttackedLeg[] {
  const { victim } = talk;
  const dialledAs = standing.dialledAs ?? talk.dialledAs;
  return [{ victim, target: null, ...(dialledAs === undefined ? {} : { dialledAs }) }];
}

function isSteered({ target }: AttackedLeg): boolean {
  return target === null;
}

/** Where there is a handshake in which the technique can show something. */
function showsCertificate({ target }: AttackedLeg, path: PathSpec): boolean {
  return path.tls || target !== null;
}

/** One attacker that holds every one of these positions. */
export async function startAttacks(
  run: CellRun,
  talk: Conversation,
  legs: readonly AttackedLeg[],
  canaries: Canaries,
  steerTo: Endpoint | undefined,
): Promise<OngoingAttack> {
  const attacks: OngoingAttack[] = [];
  const withdraw = async (): Promise<LootReport> => {
    const brought: LootReport[] = [];
    for (const attack of [...attacks].reverse()) brought.unshift(await attack.withdraw());
    return joinLoot(brought);
  };
  // Each by its own way to end, which says nothing of a failure that `withdraw` has told already.
  const dispose = async (): Promise<void> => {
    for (const attack of [...attacks].reverse()) await attack[Symbol.asyncDispose]();
  };
  try {
    for (const leg of legs) {
      attacks.push(await startAttack(run, talk, leg, canaries, steerTo));
    }
    return { withdraw, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function startAttack(
  { lab, path, technique, position, rules }: CellRun,
  talk: Conversation,
  { victim, dialledAs, ...leg }: AttackedLeg,
  canaries: Canaries,
  steerTo: Endpoint | undefined,
): Promise<OngoingAttack> {
  const target = leg.target ?? path.target(lab.addresses);
  const shownAt = leg.carries === undefined ? target : path.target(lab.addresses);
  const order: AttackOrder = {
    technique,
    position,
    target,
    mode: technique === 'tap' || technique === 'relay' ? technique : 'impersonate',
    present: await lab.hand(technique, shownAt, dialledAs),
    ...(dialledAs === undefined ? {} : { dialledAs }),
    forged: canaries.forged,
    tampered: canaries.tampered,
    ...(rules === undefined ? {} : { rules }),
  };
  const spot = { ...talk, victim };
  if (steerTo !== undefined) {
    const led = isSteered({ victim, ...leg }) ? { steerTo } : {};
    return lab.attack({ ...onlyLooking(order), ...led }, path, spot);
  }
  return lab.attack(order, path, spot);
}

/** The bytes stay as they are. */
function onlyLooking(order: AttackOrder): AttackOrder {
  return { ...order, technique: 'tap', mode: 'tap', present: null };
}
