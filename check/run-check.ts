import type { Logger } from 'pino';
import { mintLabPki } from '../lab/lab-pki';
import { matrixOf, specOf, startLab, usualTechniques } from '../lab/run-matrix';
import { randomnessOf } from '../randomness';
import type { RecordedCell } from '../report/evidence-files';
import type { ClosingOutcome } from '../report/given-outcome';
import type { Cell, InterceptionMatrix } from '../report/outcome';
import {
  defaultPosition,
  type PathId,
  type PositionId,
  pathsRun,
  type Side,
  type TechniqueId,
} from '../scenarios/vocabulary';
import { closingsFor } from './closings';
import { compareClosing, pathsToClose, stillOpen } from './compare-closing';
import { withServing } from './copy-certificate';
import { judgeGiven, shapeOf } from './kubelet-certificate';
import { pathPlaces, placeOf } from './places';
import type { CheckPlan, GivenLab } from './plan-check';
import { recordWorst } from './record-worst';

export interface CheckOptions {
  /** Default: all. */
  readonly paths?: readonly PathId[];
  /** Default: those that need nothing but a place on the network, and the use of what was captured. */
  readonly techniques?: readonly TechniqueId[];
  /** How the attacker gets the traffic. Default: by forged ARP. */
  readonly positions?: readonly PositionId[];
  /** Where it stands when the settings are those of a tunnel. Default: on both sides. */
  readonly side?: Side;
  readonly seed?: string;
  readonly cellTimeLimitMs?: number;
  readonly signal?: AbortSignal;
  readonly log?: Logger;
  readonly onCell?: (cell: Cell, done: number, total: number) => void;
  readonly onLab?: (what: string) => void;
  /** Wanted: what went over the network, for evidence. */
  readonly onRecorded?: (recorded: readonly RecordedCell[]) => void;
}

/**
 * Attacks a lab with the given settings, and then what stands open once more in a lab for each setting that could close
 * it. Throws MidplaneError: LAB_START_FAILED, TIME_LIMIT; and the reason of `signal`.
 */
export async function runCheck(plan: CheckPlan, options: CheckOptions = {}): Promise<InterceptionMatrix> {
  const startedAt = new Date();
  const { certificate } = plan;
  const random = randomnessOf(options.seed);
  const own = await mintLabPki({ random: random.for('pki') });
  const pki = certificate === null ? own : await withServing(own, shapeOf(certificate), random);
  const attack = async (
    { settings, dials }: GivenLab,
    paths: readonly PathId[],
    what: string,
  ): Promise<Cell[]> => {
    options.onLab?.(what);
    await using lab = await startLab(pki, settings, { ...options, dials, random: random.for(`lab ${what}`) });
    const planned = paths.map(specOf).flatMap((path) =>
      (options.positions ?? [defaultPosition]).flatMap((position) =>
        (options.techniques ?? usualTechniques(path, position)).map((technique) => ({
          path,
          position,
          technique,
        })),
      ),
    );
    const cells: Cell[] = [];
    for (const { path, position, technique } of planned) {
      options.signal?.throwIfAborted();
      const cell = await lab.run(path, 'given', technique, position);
      cells.push(cell);
      options.onCell?.(cell, cells.length, planned.length);
    }
    return cells;
  };
  const cells = await attack(plan.lab, options.paths ?? pathsOf(plan.lab), 'the given settings');
  if (options.onRecorded !== undefined)
    options.onRecorded(await recordWorst(cells, { pki, ...plan.lab }, options));
  const open = pathsToClose(cells);
  const closings: ClosingOutcome[] = [];
  for (const closing of open.length === 0 ? [] : closingsFor(plan.lab.settings)) {
    const changed = { ...plan.lab, settings: closing.apply(plan.lab.settings) };
    const after = await attack(changed, open, closing.setting);
    closings.push({ ...compareClosing(closing, cells, after), at: placeOf(closing, plan) });
  }
  const stays = stillOpen(cells, closings);
  const judged = certificate === null ? {} : { certificate: judgeGiven(certificate, startedAt) };
  const { settings, assumptions } = plan;
  return {
    ...matrixOf(cells, startedAt, options),
    given: { settings, assumptions, closings, stays, places: pathPlaces(cells, closings, plan), ...judged },
  };
}

/** Who scrapes kubelets and verifies them can do so only where they have certificates that can be verified. */
export function pathsOf({ settings }: GivenLab): readonly PathId[] {
  const canScrape = settings.kubeletServing === 'cluster-authority' || settings.clientTrust === 'nobody';
  return pathsRun.filter((path) => path !== 'metrics-scrape' || canScrape);
}
