import { MidplaneError } from '../../error';
import type { Twin } from '../../report/scenario-outcome';
import { type FlagFiles, settingsFiles } from '../compose-settings';
import { composeTunnel } from '../compose-tunnels';
import { describeChange } from '../flag-file';
import type { PlacedObject } from '../kubeadm-objects';
import type { RemoteLab } from '../remote-lab';
import { cellRunner, specOf } from '../run-matrix';
import type { Scenario } from '../scenarios/scenario';
import type { Stage } from '../scenarios/stage';
import { type ComposeChanges, composeChanges } from './compose-changes';
import { planOf, type ScenarioPlan } from './plan';
import { tell } from './play-paths';
import { firstPresent, placeObjects, removeObjects } from './remote-objects';
import type { PathsSetup, ScenarioFile, Setup } from './scenario-file';
import { scenarioOfFile } from './scenario-of-file';
import { unfitForContainers } from './unfit-for-containers';

/**
 * Scenario files in a lab in containers: it is given the settings of each twin in turn, and in the end those that it had.
 * What such a lab cannot play is said before anything in it is changed.
 */
export interface RemotePlayers extends AsyncDisposable {
  /** Changes nothing. */
  take(file: ScenarioFile, twins: readonly Twin[]): Promise<Taken>;
  /** What `--dry-run` tells. Changes nothing. */
  plan(file: ScenarioFile, twins: readonly Twin[]): Promise<readonly ScenarioPlan[]>;
  /**
   * Puts the settings back as they were, and waits until the lab is whole again, unless it was given up. Idempotent; returns
   * what went wrong with that, for people.
   */
  close(): Promise<MidplaneError | null>;
}

export type Taken =
  | { readonly kind: 'taken'; readonly scenario: Scenario }
  | {
      readonly kind: 'unfit';
      /** A clause that tells why. */
      readonly reason: string;
      readonly hint: string;
    };

/** Throws MidplaneError FILE_UNREADABLE when the lab has no settings that could be put back. */
export async function remotePlayers(remote: RemoteLab, signal: AbortSignal): Promise<RemotePlayers> {
  const kept = await remote.flagFiles.keep();
  const configurations = new Set<string>();
  const tunnels = new Map<string, Promise<Taken | null>>();
  let isGivenUp = false;
  let closed: Promise<MidplaneError | null> | null = null;

  const apply = async (changes: ComposeChanges, playSignal: AbortSignal): Promise<void> => {
    const { flags, configuration } = changes;
    if (configuration !== null) {
      configurations.add(configuration.name);
      await remote.flagFiles.addFile(configuration.name, configuration.content);
    }
    await remote.apply(await remote.flagFiles.plan(flags), playSignal);
  };
  const play = async (stage: Stage, file: ScenarioFile, twin: Twin): Promise<void> => {
    const setup = file[twin];
    // Of one that was found fit.
    if (setup.kind === 'play') throw new RangeError(`a play in containers: ${file.name}`);
    const made: PlacedObject[] = [];
    try {
      await apply(changesOf(setup, remote), stage.signal);
      await placeObjects(remote.admin, setup.cluster.objects, made, stage.signal);
      await playPaths(stage, remote, setup);
    } catch (error) {
      isGivenUp = true;
      await removeObjects(remote.admin, made).catch(onlyMidplaneErrors);
      if (!(error instanceof MidplaneError)) throw error;
      throw new MidplaneError(error.code, `with the settings of scenario "${file.name}" ${error.message}`, {
        ...(error.hint === undefined ? {} : { hint: error.hint }),
        cause: error,
      });
    }
    await removeObjects(remote.admin, made);
  };
  const putBack = async (): Promise<MidplaneError | null> => {
    try {
      const change = await kept.plan();
      // Without waiting for it: what ended the play may be a part that is away.
      if (isGivenUp || signal.aborted) await change.write();
      else await remote.apply(change, signal);
      return null;
    } catch (error) {
      await (await kept.plan()).write();
      if (signal.aborted) return null;
      if (!(error instanceof MidplaneError)) throw error;
      return error;
    } finally {
      for (const name of configurations) await remote.flagFiles.removeFile(name);
    }
  };
  const requireTunnel = (defence: Setup['cluster']['defence']): Promise<Taken | null> => {
    const known = tunnels.get(defence);
    if (known !== undefined) return known;
    const asked = remote.requireTunnel(defence).then(
      () => null,
      (error: unknown) => {
        if (!(error instanceof MidplaneError)) throw error;
        return unfit(error.message, error.hint ?? '');
      },
    );
    tunnels.set(defence, asked);
    return asked;
  };
  const close = (): Promise<MidplaneError | null> => {
    closed ??= putBack();
    return closed;
  };

  return {
    take: async (file, twins) => {
      for (const twin of twins) {
        const { cluster } = file[twin];
        const reason = unfitForContainers(file[twin], remote.placeUnder);
        if (reason !== null) return unfit(reason, elsewhere);
        const tunnel = await requireTunnel(cluster.defence);
        if (tunnel !== null) return tunnel;
        const present = await firstPresent(remote.admin, cluster.objects);
        if (present !== null)
          return unfit(`its ${present} is there already`, `remove it with kubectl delete, or ${elsewhere}`);
      }
      const scenario = scenarioOfFile(file);
      return {
        kind: 'taken',
        scenario: { ...scenario, play: (stage, twin) => play(stage, file, twin) },
      };
    },
    plan: async (file, twins) => {
      let flags = await remote.flagFiles.flags();
      return twins.map((twin) => {
        const { defence, objects } = file[twin].cluster;
        const changes = changesOf(file[twin], remote);
        const writes = writesOf(flags, changes, objects);
        flags = changes.flags;
        const side = composeTunnel(defence)?.sides[0] ?? 'both';
        return { ...planOf(file, twin, { position: remote.placeUnder(defence), side }), writes };
      });
    },
    close,
    [Symbol.asyncDispose]: async () => {
      await close();
    },
  };
}

async function playPaths(
  stage: Stage,
  remote: RemoteLab,
  { cluster, attacker, user }: PathsSetup,
): Promise<void> {
  const { position, side, technique, rules } = attacker;
  const { signal } = stage;
  const options = {
    signal,
    remote,
    random: stage.random.for('containers'),
    ...(stage.pathTimeLimitMs === null ? {} : { cellTimeLimitMs: stage.pathTimeLimitMs }),
    ...(side === undefined ? {} : { side }),
    ...(rules === undefined ? {} : { rules }),
  };
  const run = cellRunner(options, (cell) => remote.run(cell));
  for (const action of user) {
    // Of a setup that was found fit.
    if (action.path === undefined) throw new RangeError('there is no kubectl in containers');
    const path = specOf(action.path);
    const cell = await run(path, cluster.defence, technique, position);
    stage.cells.push(cell);
    await tell(stage, path, cell, action);
  }
}

/** Of a setup that was found fit. */
function changesOf({ cluster }: Setup, { settings }: RemoteLab): ComposeChanges {
  const changes = composeChanges(cluster, settings);
  if (changes === null) throw new RangeError(`defence "${cluster.defence}" is not run in containers`);
  return changes;
}

function writesOf(
  before: FlagFiles,
  { flags, configuration }: ComposeChanges,
  objects: readonly PlacedObject[],
): string[] {
  const lines = [
    ...settingsFiles.flatMap((file) =>
      describeChange(before[file], flags[file]).map((line) => `${file}: ${line}`),
    ),
    ...(configuration === null ? [] : [`${configuration.name}: ${oneLineOf(configuration.content)}`]),
    ...objects.map(({ object }) => `${object.kind} ${object.metadata.name}, removed again after it`),
  ];
  return lines.length === 0 ? ['nothing: the lab has these settings then'] : lines;
}

function oneLineOf(json: string): string {
  return JSON.stringify(JSON.parse(json));
}

function unfit(reason: string, hint: string): Taken {
  return { kind: 'unfit', reason, hint };
}

const elsewhere =
  'run it in the embedded lab, without MIDPLANE_LAB: docker compose exec -e MIDPLANE_LAB= workstation midplane run …';

/** The first error is the one to be told; bugs crash. */
function onlyMidplaneErrors(error: unknown): void {
  if (!(error instanceof MidplaneError)) throw error;
}
