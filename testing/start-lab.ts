import { MidplaneError } from '../error';
import type { DefenceSettings, KubeletFields } from '../lab/defences';
import { type LabPki, mintLabPki } from '../lab/lab-pki';
import {
  type Lab,
  type PlannedLab,
  planMatrix,
  settingsOf,
  specOf,
  startLab as startAttackedLab,
} from '../lab/run-matrix';
import { type Randomness, randomnessOf } from '../randomness';
import { type Cell, idsOf } from '../report/outcome';
import { unknownId } from '../scenarios/unknown-id';
import {
  type DefenceId,
  defaultDefences,
  defencesRun,
  guards,
  isOpen,
  looserThanStock,
  type PathId,
  type PositionId,
  pathsRun,
  positionsRun,
  type Side,
  sides,
  type TechniqueId,
  worstVerdict,
} from '../scenarios/vocabulary';
import type { AttackOutcome, PathElsewhere } from './attack-outcome';
import { refuseUnknown, telling } from './told';

export interface TestLabOptions {
  /** The preset that the lab's settings begin from. Default: `none`, stock flags. */
  readonly defence?: DefenceId;
  /** Flags of kube-apiserver by their real names; they come behind the preset's, and of two the last one counts. */
  readonly flags?: readonly string[];
  /** Fields of KubeletConfiguration, over the preset's. */
  readonly kubelet?: KubeletFields;
  /** For one attack on one path. Default 10 s. */
  readonly timeLimitMs?: number;
  /** Repeats keys, serial numbers, identifiers and canaries of the labs that had it too. Default: chance. */
  readonly seed?: string;
}

export interface AttackOptions {
  /** One technique or several. Default: what needs nothing but a place on the network, and the use of what was captured. */
  readonly technique?: TechniqueId | readonly TechniqueId[];
  /** How the attacker gets the traffic. Default: `arp`. */
  readonly position?: PositionId;
  /** Where it stands of a tunnel. Default: on both sides. */
  readonly side?: Side;
}

export interface EveryPathOptions extends AttackOptions {
  /** Default: every path. */
  readonly paths?: readonly PathId[];
  /** Paths that are not attacked, because they may be open. */
  readonly except?: readonly PathId[];
}

/** A cluster with these settings and an attacker. What is asked for at one time is done one after the other. */
export interface TestLab extends AsyncDisposable {
  /** Attacks one path. Throws MidplaneError: USAGE, LAB_START_FAILED, TIME_LIMIT. */
  path(id: PathId, options?: AttackOptions): Promise<AttackOutcome>;
  /** Attacks all of them. Throws as `path` does. */
  everyPath(options?: EveryPathOptions): Promise<AttackOutcome>;
  /** Ends what is going on. Idempotent. */
  close(): Promise<void>;
}

/** Throws MidplaneError: USAGE for a preset that there is not, LAB_START_FAILED for flags and fields that cannot be. */
export function startLab(options: TestLabOptions = {}): Promise<TestLab> {
  return telling(() => start(options));
}

const labOptions = ['defence', 'flags', 'kubelet', 'timeLimitMs', 'seed'];
const attackOptions = ['technique', 'position', 'side'];

async function start(options: TestLabOptions): Promise<TestLab> {
  refuseUnknown(options, labOptions);
  const { defence = 'none' } = options;
  checkId('defence', defence, defencesRun);
  const random = randomnessOf(options.seed);
  const labs = new Labs(await mintLabPki({ random: random.for('pki') }), random, options.timeLimitMs);
  const own: LabSettings = { name: 'own', defence, settings: withOwn(settingsOf(defence), options) };
  try {
    await labs.open(own, 'addresses');
  } catch (error) {
    await labs.close();
    throw error;
  }
  const attack = (given: EveryPathOptions): Promise<AttackOutcome> =>
    labs.inTurn(async () => {
      const asked = { ...given, paths: pathsOf(given) };
      const cells = await labs.run(own, asked);
      const elsewhere: PathElsewhere[] = [];
      for (const id of othersThan(options)) {
        const open = idsOf(cells.filter(({ verdict }) => isOpen(verdict))).paths;
        const paths = open.filter((path) => guards(id, path));
        if (paths.length === 0) continue;
        const { side, ...sideless } = { ...asked, paths };
        const there = await labs.run({ name: id, defence: id, settings: settingsOf(id) }, sideless);
        for (const path of paths) elsewhere.push({ path, defence: id, verdict: worstOn(path, there) });
      }
      return { settings: inWords(options), cells, elsewhere };
    });
  return {
    path: (id, given = {}) =>
      telling(async () => {
        refuseUnknown(given, attackOptions);
        return attack({ ...given, paths: [id], except: [] });
      }),
    everyPath: (given = {}) =>
      telling(async () => {
        refuseUnknown(given, [...attackOptions, 'paths', 'except']);
        return attack(given);
      }),
    close: () => labs.close(),
    [Symbol.asyncDispose]: () => labs.close(),
  };
}

function withOwn(preset: DefenceSettings, { flags = [], kubelet = {} }: TestLabOptions): DefenceSettings {
  const { serverTLSBootstrap } = kubelet;
  const kubeletServing = serverTLSBootstrap ? 'cluster-authority' : 'self-signed';
  return {
    ...preset,
    apiserver: [...preset.apiserver, ...flags],
    kubelet: { ...preset.kubelet, ...kubelet },
    ...(serverTLSBootstrap === undefined ? {} : { kubeletServing }),
  };
}

/** `none with --anonymous-auth=false, serverTLSBootstrap: true`. */
function inWords({ defence = 'none', flags = [], kubelet = {} }: TestLabOptions): string {
  const fields = Object.entries(kubelet).map(
    ([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`,
  );
  const own = [...flags, ...fields];
  return own.length === 0 ? defence : `${defence} with ${own.join(', ')}`;
}

/** The presets that might close what these settings leave open. */
function othersThan({ defence = 'none', flags = [], kubelet = {} }: TestLabOptions): DefenceId[] {
  const asPreset = flags.length === 0 && Object.keys(kubelet).length === 0;
  return defaultDefences.filter(
    (id) => id !== 'none' && !looserThanStock.includes(id) && !(asPreset && id === defence),
  );
}

function worstOn(path: PathId, cells: readonly Cell[]): Cell['verdict'] {
  return worstVerdict(cells.filter((cell) => cell.path === path).map(({ verdict }) => verdict));
}

function pathsOf({ paths = pathsRun, except = [] }: EveryPathOptions): PathId[] {
  for (const id of [...paths, ...except]) checkId('path', id, pathsRun);
  const left = paths.filter((id) => !except.includes(id));
  if (left.length > 0) return left;
  throw new MidplaneError('USAGE', 'no path is left to attack', {
    hint: 'name some in paths, or fewer in except',
  });
}

function checkId(kind: string, id: string, known: readonly string[]): void {
  if (!known.includes(id)) throw unknownId(kind, String(id), known);
}

interface LabSettings {
  readonly name: string;
  readonly defence: DefenceId;
  readonly settings: DefenceSettings;
}

/** Started when they are first needed, and kept until all end. */
class Labs {
  readonly #pki: LabPki;
  readonly #random: Randomness;
  readonly #timeLimitMs: number | undefined;
  readonly #stop = new AbortController();
  readonly #open = new Map<string, Promise<Lab>>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(pki: LabPki, random: Randomness, timeLimitMs: number | undefined) {
    this.#pki = pki;
    this.#random = random;
    this.#timeLimitMs = timeLimitMs;
  }

  open({ name, settings }: LabSettings, dials: PlannedLab['dials']): Promise<Lab> {
    const key = `${name} ${dials}`;
    const before = this.#open.get(key);
    if (before !== undefined) return before;
    const lab = startAttackedLab(this.#pki, settings, {
      dials,
      signal: this.#stop.signal,
      random: this.#random.for(`lab ${key}`),
      ...(this.#timeLimitMs === undefined ? {} : { cellTimeLimitMs: this.#timeLimitMs }),
    });
    this.#open.set(key, lab);
    return lab;
  }

  /** An attacker can be in one place at a time. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => {
      this.#stop.signal.throwIfAborted();
      return work();
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async run(lab: LabSettings, given: AttackOptions & { readonly paths: PathId[] }): Promise<Cell[]> {
    const { paths, technique, position, side } = given;
    if (position !== undefined) checkId('position', position, positionsRun);
    if (side !== undefined) checkId('side', side, sides);
    const techniques = typeof technique === 'string' ? [technique] : technique;
    const planned = planMatrix({
      paths,
      defences: [lab.defence],
      ...(techniques === undefined ? {} : { techniques }),
      ...(position === undefined ? {} : { positions: [position] }),
      ...(side === undefined ? {} : { side }),
    });
    const cells: Cell[] = [];
    for (const { dials, cells: todo } of planned) {
      const { run } = await this.open(lab, dials);
      for (const cell of todo) {
        this.#stop.signal.throwIfAborted();
        cells.push(await run(specOf(cell.path), lab.defence, cell.technique, cell.position, undefined, side));
      }
    }
    return cells;
  }

  async close(): Promise<void> {
    this.#stop.abort(
      new MidplaneError('USAGE', 'the lab is closed', {
        hint: 'await what it is asked for before it ends; a test that runs into its time limit ends it as well',
      }),
    );
    await this.#last;
    const labs = [...this.#open.values()];
    this.#open.clear();
    // What did not start has nothing to end, and whoever asked for it was told.
    for (const lab of await Promise.allSettled(labs))
      if (lab.status === 'fulfilled') await lab.value[Symbol.asyncDispose]();
  }
}
