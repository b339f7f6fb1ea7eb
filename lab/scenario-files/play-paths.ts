import type { Cell } from '../../report/outcome';
import { oneLine } from '../../report/text';
import { defaultPosition, isOpen } from '../../scenarios/vocabulary';
import type { PathSpec } from '../paths';
import { dialsFor, settingsOf, specOf } from '../run-matrix';
import type { Stage } from '../scenarios/stage';
import type { Setup, UserAction } from './scenario-file';

/** The user's paths in a lab with these settings, each without an attacker and then under attack. */
export async function playPaths(stage: Stage, { cluster, attacker, user }: Setup): Promise<void> {
  const { defence, apiserver, kubelet, objects } = cluster;
  const { position = defaultPosition, side = 'both', technique, rules } = attacker;
  const preset = settingsOf(defence);
  const settings = { ...preset, kubelet: { ...preset.kubelet, ...kubelet } };
  const lab = await stage.lab(settings, {
    dials: dialsFor(position),
    apiserverFlags: apiserver,
    objects,
    side,
    ...(rules === undefined ? {} : { rules }),
  });
  for (const action of user) {
    const path = specOf(action.path);
    const cell = await lab.run(path, defence, technique, position);
    stage.cells.push(cell);
    await tell(stage, path, cell, action);
  }
}

async function tell(stage: Stage, path: PathSpec, cell: Cell, { text }: UserAction): Promise<void> {
  await stage.did('user', path.command, oneLine(cell.clientSaw) || 'nothing', text);
  const did = `${cell.technique} on ${cell.path}, from ${cell.position ?? 'the network'}`;
  const { verdict, reason } = cell;
  if (isOpen(verdict)) await stage.gained('attacker', did, reason, `${cell.path} (${verdict})`);
  // Where there was nothing to attack, or nothing works, nobody has been turned away.
  else if (verdict === 'not-applicable' || verdict === 'broken') await stage.did('attacker', did, reason);
  else await stage.refused('attacker', did, reason);
}
