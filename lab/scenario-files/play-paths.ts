import { MidplaneError } from '../../error';
import { timeLimit } from '../../network/time-limit';
import type { Cell } from '../../report/outcome';
import { oneLine } from '../../report/text';
import { defaultPosition, isOpen } from '../../scenarios/vocabulary';
import { roleBindings } from '../lab-people';
import type { PathSpec } from '../paths';
import { dialsFor, specOf } from '../run-matrix';
import type { Stage } from '../scenarios/stage';
import { clusterSettings } from './cluster-settings';
import { kubectlPath } from './kubectl-path';
import { type KubectlUsers, kubectlUsers } from './kubectl-users';
import type { PathsSetup, PlainAction, UserAction } from './scenario-file';
import { whoActs } from './who-acts';

/** A real kubectl looks around before it asks for what it is to get, and may share the machine with others. */
const KUBECTL_TIME_LIMIT_MS = 30_000;

/** The user's paths in a lab with these settings, each without an attacker and then under attack. */
export async function playPaths(stage: Stage, { cluster, attacker, user }: PathsSetup): Promise<void> {
  const { defence, apiserver, objects } = cluster;
  const { position = defaultPosition, side = 'both', technique, rules } = attacker;
  // Where there is none, nothing is started.
  const kubectl = user.some((action) => action.kubectl !== undefined) ? await stage.kubectl() : null;
  const hasPeople = user.some((action) => (action.kubectl?.as ?? 'admin') !== 'admin');
  const lab = await stage.lab(clusterSettings(cluster), {
    dials: dialsFor(position),
    apiserverFlags: apiserver,
    objects: hasPeople ? [...roleBindings, ...objects] : objects,
    side,
    ...(kubectl === null ? {} : { cellTimeLimitMs: stage.pathTimeLimitMs ?? KUBECTL_TIME_LIMIT_MS }),
    ...(rules === undefined ? {} : { rules }),
  });
  const users = kubectl === null ? null : await kubectlUsers(stage, lab.cluster, kubectl);
  for (const action of user) {
    const who = whoActs(action);
    if (action.path === undefined) {
      await stage.before({
        action: `${who}: ${action.kubectl.command}`,
        cluster: lab.cluster,
        place: null,
      });
      await runPlainly(stage, action, users);
      continue;
    }
    const spec = specOf(action.path);
    const isKubectl = action.kubectl !== undefined && users !== null;
    const path = isKubectl ? kubectlPath(spec, action.kubectl, users) : spec;
    await stage.before({
      action: `${who}: ${path.command}`,
      cluster: lab.cluster,
      place: () => lab.place(path, defence, technique, position),
    });
    const cell = await lab.run(path, defence, technique, position);
    stage.cells.push(cell);
    await tell(stage, path, cell, action);
  }
}

/** Nobody attacks it. */
async function runPlainly(stage: Stage, action: PlainAction, users: KubectlUsers | null): Promise<void> {
  const { kubectl, text } = action;
  const limit = timeLimit(KUBECTL_TIME_LIMIT_MS, stage.signal);
  const outcome = await users?.run(kubectl, '', limit);
  if (outcome === undefined) return;
  stage.signal.throwIfAborted();
  if (limit.aborted) {
    throw new MidplaneError(
      'TIME_LIMIT',
      `waited ${KUBECTL_TIME_LIMIT_MS / 1000} s in vain for ${JSON.stringify(kubectl.command)} to end`,
      { hint: 'it has to end by itself' },
    );
  }
  const shown = oneLine(`${outcome.stdout.toString('utf8')}\n${outcome.words}`);
  const ending = outcome.ok ? '' : ` (exit code ${outcome.exitCode})`;
  await stage.did(whoActs(action), kubectl.command, `${shown || 'nothing'}${ending}`, text);
}

/** As steps of the story. */
export async function tell(stage: Stage, path: PathSpec, cell: Cell, action: UserAction): Promise<void> {
  await stage.did(whoActs(action), path.command, oneLine(cell.clientSaw) || 'nothing', action.text);
  const did = `${cell.technique} on ${cell.path}, from ${cell.position ?? 'the network'}`;
  const { verdict, reason } = cell;
  if (isOpen(verdict)) await stage.gained('attacker', did, reason, `${cell.path} (${verdict})`);
  // Where there was nothing to attack, or nothing works, nobody has been turned away.
  else if (verdict === 'not-applicable' || verdict === 'broken') await stage.did('attacker', did, reason);
  else await stage.refused('attacker', did, reason);
}
