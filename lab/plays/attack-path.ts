import type { Attack } from '../../attacker/attacker';
import type { AttackHooks } from '../../attacker/hooks';
import type { Rule } from '../../attacker/rules';
import { MidplaneError } from '../../error';
import type { PathId, PositionId, TechniqueId } from '../../scenarios/vocabulary';
import { addresses, ports } from '../addresses';
import type { Canaries } from '../canaries';
import type { Cluster } from '../cluster';
import { embeddedLab } from '../embedded-lab';
import type { ServerPath } from '../paths';
import { Places } from '../places';
import { specOf } from '../run-matrix';
import type { Stage } from '../scenarios/stage';

export interface PathAttack {
  /** One that begins at the apiserver. */
  readonly path: PathId;
  readonly position: PositionId;
  readonly technique: TechniqueId;
  readonly rules?: readonly Rule[];
  readonly hooks?: AttackHooks;
  readonly words: Pick<Canaries, 'forged' | 'tampered'>;
}

/** An attacker on a path of this cluster, as in a cell of the matrix. Throws MidplaneError USAGE when none can be there. */
export async function attackPath(
  stage: Stage,
  cluster: Cluster,
  { path, position, technique, rules, hooks, words }: PathAttack,
): Promise<Attack> {
  const lab = embeddedLab(cluster);
  const spec = serverPath(path);
  const talk = lab.converse(spec);
  const standing = lab.stand(position, spec, talk, false);
  if (standing.kind === 'not-applicable') {
    throw new MidplaneError('USAGE', `position "${position}" gets nothing of path "${path}"`, {
      hint: standing.reason,
    });
  }
  const target = spec.target(lab.addresses);
  const dialledAs = standing.dialledAs ?? talk.dialledAs;
  const mode = technique === 'tap' || technique === 'relay' ? technique : 'impersonate';
  // A relay without rules slips in words of its own.
  const changes = rules ?? (hooks === undefined ? undefined : []);
  const place = new Places(cluster).at(position, spec, talk, target);
  const attack = await place.attacker.attack({
    technique,
    position: place.position,
    targets: [target],
    mode,
    present: await lab.hand(technique, target, dialledAs),
    ...(dialledAs === undefined ? {} : { dialledAs }),
    authorityAt: { address: addresses.controlPlane, port: ports.apiserver },
    ...words,
    ...(changes === undefined ? {} : { rules: changes }),
    ...(hooks === undefined ? {} : { hooks }),
  });
  stage.closeLater({ close: () => attack.withdraw() });
  return attack;
}

function serverPath(path: PathId): ServerPath {
  const spec = specOf(path);
  if (spec.kind === 'from-apiserver') return spec;
  throw new MidplaneError('USAGE', `path "${path}" does not begin at the apiserver`, {
    hint: 'those that do: midplane list paths; who dials the apiserver is attacked by a scenario without a play',
  });
}
