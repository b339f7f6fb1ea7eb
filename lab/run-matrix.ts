import pino, { type Logger } from 'pino';
import { MidplaneError } from '../error';
import { Timeline, type TimelineListener } from '../network/timeline';
import { type Randomness, randomnessOf, systemRandomness } from '../randomness';
import type { Cell, InterceptionMatrix } from '../report/outcome';
import { readTechnique } from '../scenarios/read-technique';
import {
  brings,
  clientTechniques,
  type DefenceId,
  defaultDefences,
  defaultPosition,
  defaultTechniques,
  guards,
  isRun,
  type PathId,
  type PositionId,
  pathsRun,
  positionsRun,
  type Side,
  type TechniqueId,
  techniquesRun,
} from '../scenarios/vocabulary';
import { emulatedKubernetes, midplaneVersion } from '../version';
import { randomCanaries } from './canaries';
import { type Cluster, type ClusterOptions, type Dials, startCluster } from './cluster';
import { composeTunnel } from './compose-tunnels';
import { type DefenceSettings, defenceSettings } from './defences';
import { embeddedLab } from './embedded-lab';
import { type LabPki, mintLabPki } from './lab-pki';
import { type PathSpec, pathSpec } from './paths';
import { type Placed, placeAttacker } from './place-attacker';
import { noSuchPlace, type RemoteLab } from './remote-lab';
import { type CellRun, runCell } from './run-cell';
import { endsOnNode } from './stand';
import { tunnelLegs } from './tunnel-sides';

export interface MatrixOptions {
  /** Default: every path that the defences say something about. */
  readonly paths?: readonly PathId[];
  /** Default: those that say something about the paths. */
  readonly defences?: readonly DefenceId[];
  /** Default: what needs nothing but a place on the network, and the use of what was captured. */
  readonly techniques?: readonly TechniqueId[];
  /** Where the attacker stands when the defence is a tunnel. Default: on both sides of it, or what of them can be taken. */
  readonly side?: Side;
  /** How the attacker gets the traffic. Default: by forged ARP; in a lab in containers it is the router. */
  readonly positions?: readonly PositionId[];
  /** Repeats keys, serial numbers, identifiers and canaries of the runs that had it too. */
  readonly seed?: string;
  /** For one run of one cell. Default 10 s. */
  readonly cellTimeLimitMs?: number;
  readonly signal?: AbortSignal;
  /** Called after each cell. */
  readonly onCell?: (cell: Cell, done: number, total: number) => void;
  /** Called as each lab of a defence is about to start. */
  readonly onLab?: (defence: DefenceId) => void;
  /** Every event of every lab. */
  readonly onEvent?: TimelineListener;
  /** The components' log. Default: silent. */
  readonly log?: Logger;
  /** A running lab that is given each defence in turn, and its own again in the end. Default: a lab of our own for each. */
  readonly remote?: RemoteLab;
}

/**
 * Starts a lab for each defence, runs every path without an attacker and under each technique, and returns the matrix.
 * Nothing stays open afterwards, whatever happens.
 *
 * Throws MidplaneError: USAGE for ids that this release does not run, LAB_START_FAILED, TIME_LIMIT; and the reason of
 * `signal` when that is aborted.
 */
export async function runMatrix(options: MatrixOptions = {}): Promise<InterceptionMatrix> {
  const startedAt = new Date();
  const labs = planMatrix(options);
  const cells = await runLabs(labs, { ...options, onCell: counting(labs, options) });
  return matrixOf(cells, startedAt, options);
}

/** What is run in the lab of one defence. Plain data. */
export interface PlannedLab {
  readonly defence: DefenceId;
  readonly dials: Dials;
  readonly cells: readonly PlannedCell[];
}

interface PlannedCell {
  readonly path: PathId;
  readonly technique: TechniqueId;
  readonly position: PositionId;
}

/** To answer for a name is of no use where addresses are dialled. */
export function dialsFor(position: PositionId): Dials {
  return position === 'name' ? 'names' : 'addresses';
}

/** Tells `options.onCell` how many of all cells are done. */
export function counting(
  labs: readonly PlannedLab[],
  { onCell }: Pick<MatrixOptions, 'onCell'>,
): (cell: Cell) => void {
  const total = labs.reduce((sum, { cells }) => sum + cells.length, 0);
  let done = 0;
  return (cell) => {
    done += 1;
    onCell?.(cell, done, total);
  };
}

export interface RunLabsOptions extends Omit<MatrixOptions, 'onCell'> {
  readonly onCell?: (cell: Cell) => void;
}

/** Runs them one after the other; the cells come back in that order. Throws as runMatrix does. */
export async function runLabs(
  labs: Iterable<PlannedLab> | AsyncIterable<PlannedLab>,
  options: RunLabsOptions,
): Promise<Cell[]> {
  const openLab = await labSource(options);
  await using _ = openLab;
  const cells: Cell[] = [];
  for await (const { defence, dials, cells: planned } of labs) {
    options.signal?.throwIfAborted();
    options.onLab?.(defence);
    await using lab = await openLab.open(defence, settingsOf(defence), dials);
    for (const { path, technique, position } of planned) {
      options.signal?.throwIfAborted();
      const cell = await lab.run(specOf(path), defence, technique, position);
      cells.push(cell);
      options.onCell?.(cell);
    }
  }
  return cells;
}

export function matrixOf(
  cells: readonly Cell[],
  startedAt: Date,
  { seed }: Pick<MatrixOptions, 'seed'>,
): InterceptionMatrix {
  return {
    apiVersion: 'midplane/v1',
    kind: 'InterceptionMatrix',
    metadata: {
      midplaneVersion,
      emulates: emulatedKubernetes,
      node: process.version,
      startedAt: startedAt.toISOString(),
      durationMs: Date.now() - startedAt.getTime(),
      ...(seed === undefined ? {} : { seed }),
    },
    cells,
  };
}

interface LabSource extends AsyncDisposable {
  open(
    defence: DefenceId,
    settings: DefenceSettings,
    dials: Dials,
  ): Promise<Pick<Lab, 'run'> & AsyncDisposable>;
}

async function labSource(options: RunLabsOptions): Promise<LabSource> {
  const { remote } = options;
  if (remote === undefined) {
    const random = randomnessOf(options.seed);
    const pki = await mintLabPki({ random: random.for('pki') });
    return {
      // Each has a stream of its own: which thread runs it, and after which others, is chance.
      open: (defence, settings, dials) =>
        startLab(pki, settings, { ...options, dials, random: random.for(`lab ${defence} ${dials}`) }),
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
  const before = await remote.defence();
  const random = randomnessOf(options.seed);
  return {
    open: async (defence) => {
      await remote.setDefence(defence, options.signal);
      return {
        run: cellRunner({ ...options, random: random.for(`lab ${defence}`) }, (cell) => remote.run(cell)),
        [Symbol.asyncDispose]: async () => undefined,
      };
    },
    // Without waiting for it: what ended the run may be a part that is away.
    [Symbol.asyncDispose]: async () => {
      await remote.writeFlags(before);
    },
  };
}

/**
 * Whoever names paths and defences gets each with each; otherwise a defence meets the paths that it is about. Throws
 * MidplaneError USAGE for ids that this release does not run.
 */
export function planMatrix({
  paths,
  defences,
  positions,
  side,
  remote,
  ...options
}: MatrixOptions): PlannedLab[] {
  const techniques = options.techniques?.map(readTechnique);
  if (side !== undefined) {
    refuseSideless(side, defences ?? defaultDefences);
    if (remote !== undefined) refuseUntaken(side, defences ?? defaultDefences);
  }
  const everyPair = paths !== undefined && defences !== undefined;
  const wanted = (paths ?? pathsRun)
    .map(specOf)
    .filter(({ kind }) => paths !== undefined || remote === undefined || kind === 'from-apiserver');
  for (const id of techniques ?? []) if (!isRun(id)) notRun('technique', id);
  return (defences ?? defaultDefences)
    .flatMap((defence) => {
      settingsOf(defence);
      const cells = wanted
        .filter((path) => everyPair || guards(defence, path.id))
        .flatMap((path) => cellsOf(path, techniques, placesOf(positions, remote, defence)));
      return (['addresses', 'names'] as const).map((dials) => ({
        defence,
        dials,
        cells: cells.filter(({ position }) => dialsFor(position) === dials),
      }));
    })
    .filter(({ cells }) => cells.length > 0);
}

/** A side means nothing where no defence has two. */
export function refuseSideless(side: Side, among: readonly DefenceId[]): void {
  if (among.some((defence) => tunnelLegs(defence) !== null)) return;
  throw new MidplaneError('USAGE', `side "${side}" says nothing under ${among.join(', ')}`, {
    hint: 'only a defence that is a tunnel has sides: midplane list defences',
  });
}

/** A lab in containers has not an attacker on every side. */
export function refuseUntaken(side: Side, among: readonly DefenceId[]): void {
  for (const defence of among) {
    const sides = composeTunnel(defence)?.sides;
    if (sides === undefined || sides.includes(side)) continue;
    throw new MidplaneError(
      'USAGE',
      `side "${side}" of ${defence} cannot be taken in the lab in containers`,
      {
        hint: `its attackers are on ${sides.join(', ')}; the others are the embedded lab's, without MIDPLANE_LAB`,
      },
    );
  }
}

function cellsOf(
  path: PathSpec,
  techniques: readonly TechniqueId[] | undefined,
  positions: readonly PositionId[],
): PlannedCell[] {
  return positions.flatMap((position) =>
    (techniques ?? usualTechniques(path, position)).map((technique) => ({
      path: path.id,
      technique,
      position,
    })),
  );
}

/** Throws MidplaneError USAGE for what the lab has not. */
export function placesOf(
  positions: readonly PositionId[] | undefined,
  remote: RemoteLab | undefined,
  defence: DefenceId,
): readonly PositionId[] {
  const place = remote?.placeUnder(defence);
  if (positions === undefined) return [place ?? defaultPosition];
  for (const id of positions) {
    if (!positionsRun.includes(id)) notRun('position', id);
    if (place !== undefined && id !== place)
      throw noSuchPlace(id, place, place === remote?.place ? null : defence);
  }
  return positions;
}

export function specOf(id: PathId): PathSpec {
  return pathSpec(id) ?? notRun('path', id);
}

export function settingsOf(id: DefenceId): DefenceSettings {
  const settings = defenceSettings(id);
  if (settings !== null) return settings;
  throw new MidplaneError('USAGE', `defence "${id}" is no preset`, {
    hint: 'it is what midplane check calls the settings that it is given',
  });
}

/** With what the position brings: what is on a node, its root has. */
export function usualTechniques(path: PathSpec, position: PositionId): readonly TechniqueId[] {
  const usual = path.kind === 'from-client' ? clientTechniques : defaultTechniques;
  return endsOnNode(path) ? [...usual, ...techniquesRun.filter((id) => brings(position, id))] : usual;
}

/** For a word that may be asked for, but not of this release. */
export function notRun(kind: string, id: string): never {
  throw new MidplaneError(
    'USAGE',
    `${kind} "${id}" is a word of the vocabulary that this release does not run yet`,
    {
      hint: 'midplane list shows what it runs',
    },
  );
}

/** A running lab with its attacker, able to run cells one after the other. */
export interface Lab extends AsyncDisposable {
  readonly cluster: Cluster;
  run(
    path: PathSpec,
    defence: DefenceId,
    technique: TechniqueId,
    position?: PositionId,
    onStep?: CellRun['onStep'],
    side?: Side,
  ): Promise<Cell>;
  /** The attacker of such a cell alone: whoever meets it changes no verdict. */
  place(path: PathSpec, defence: DefenceId, technique: TechniqueId, position: PositionId): Promise<Placed>;
}

const CELL_TIME_LIMIT_MS = 10_000;

export type LabOptions = Pick<MatrixOptions, 'cellTimeLimitMs' | 'signal' | 'onEvent' | 'log' | 'side'> &
  Pick<ClusterOptions, 'dials' | 'onFabric' | 'objects' | 'apiserverFlags' | 'random'> &
  Pick<CellRun, 'rules' | 'onLoot' | 'onActed'>;

export async function startLab(
  pki: LabPki,
  settings: DefenceSettings,
  options: LabOptions = {},
): Promise<Lab> {
  const timeline = new Timeline();
  if (options.onEvent !== undefined) timeline.subscribe(options.onEvent);
  const log = options.log ?? pino({ level: 'silent' });
  const random = options.random ?? systemRandomness;
  const cluster = await startCluster({
    pki,
    settings,
    timeline,
    log,
    ...(options.dials === undefined ? {} : { dials: options.dials }),
    ...(options.onFabric === undefined ? {} : { onFabric: options.onFabric }),
    ...(options.objects === undefined ? {} : { objects: options.objects }),
    ...(options.apiserverFlags === undefined ? {} : { apiserverFlags: options.apiserverFlags }),
    random,
  });
  const lab = embeddedLab(cluster);
  return {
    cluster,
    run: cellRunner(options, (cell) => runCell({ ...cell, lab })),
    place: cellRunner({ ...options, random: random.for('places') }, (cell) =>
      placeAttacker({ ...cell, lab }),
    ),
    [Symbol.asyncDispose]: () => cluster.close(),
  };
}

/** What all cells of a lab have in common. */
export function cellRunner<Result>(
  options: Pick<MatrixOptions, 'cellTimeLimitMs' | 'signal' | 'side' | 'remote'> &
    Pick<CellRun, 'rules' | 'onLoot' | 'onActed'> & { readonly random?: Randomness },
  runOne: (cell: Omit<CellRun, 'lab'>) => Promise<Result>,
): (...args: Parameters<Lab['run']>) => Promise<Result> {
  const words = (options.random ?? systemRandomness).for('canaries');
  const never = new AbortController().signal;
  const controls: CellRun['controls'] = new Map();
  return (path, defence, technique, position, onStep, side) => {
    const [usual = defaultPosition] = placesOf(undefined, options.remote, defence);
    return runOne({
      path,
      defence,
      technique,
      position: position ?? usual,
      side: side ?? options.side ?? usualSide(options.remote, defence),
      canaries: () => randomCanaries(words),
      controls,
      deadlineMs: options.cellTimeLimitMs ?? CELL_TIME_LIMIT_MS,
      signal: options.signal ?? never,
      ...(onStep === undefined ? {} : { onStep }),
      ...(options.rules === undefined ? {} : { rules: options.rules }),
      ...(options.onLoot === undefined ? {} : { onLoot: options.onLoot }),
      ...(options.onActed === undefined ? {} : { onActed: options.onActed }),
    });
  };
}

function usualSide(remote: RemoteLab | undefined, defence: DefenceId): Side {
  const [most] = (remote === undefined ? null : composeTunnel(defence))?.sides ?? [];
  return most ?? 'both';
}
