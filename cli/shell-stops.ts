import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatKubeconfig } from '../client/kubeconfig';
import { MidplaneError } from '../error';
import type { Cluster } from '../lab/cluster';
import { openDoor } from '../lab/cluster-door';
import type { ScenarioFile } from '../lab/scenario-files/scenario-file';
import { namesOfSteps, stepsBefore } from '../lab/scenario-files/steps-before';
import type { ScenarioRunOptions } from '../lab/scenarios/scenario';
import type { Coming } from '../lab/scenarios/stage';
import { nearestNames } from '../nearest';
import type { Twin } from '../report/scenario-outcome';
import { shellWord } from '../wire/shell-words';
import type { ShellRun, Terminal } from './terminal';

export interface ShellStops extends Required<Pick<ScenarioRunOptions, 'onTwin' | 'pace' | 'beforeAction'>> {
  /** Throws MidplaneError USAGE when all is over and the step never came. */
  over(): void;
}

interface Asked {
  readonly file: ScenarioFile;
  /** A number, or the name or path of an action; true: the first. */
  readonly step: string | true;
  readonly twins: readonly Twin[];
  /** Called before the terminal is given away. */
  readonly onOpen: () => void;
}

/**
 * `--shell`: each twin waits before that step while its user has a shell with a kubeconfig of the lab, and the attacker is
 * where it is then. Throws MidplaneError USAGE where there is no such step, and nobody at a terminal.
 */
export function shellStops({ file, step, twins, onOpen }: Asked, terminal: Terminal): ShellStops {
  const { openShell } = terminal;
  if ((terminal.labDescriptor ?? null) !== null) {
    throw new MidplaneError('USAGE', '--shell is for scenarios of the embedded lab', {
      hint: 'the lab in containers is there for your kubectl all the time (--kubeconfig midplane/kubeconfig); the embedded one: docker compose exec -e MIDPLANE_LAB= workstation midplane run …',
    });
  }
  if (openShell === undefined) {
    throw new MidplaneError('USAGE', '--shell opens a shell, and there is no terminal', {
      hint: 'run it in one, and write what else you want into files (-o json=FILE); commands that need nobody stand in a scenario file (kubectl: …)',
    });
  }
  const asked = step === true ? '1' : step;
  const before = new Map(twins.map((twin) => [twin, stepsBefore(file[twin], asked)]));
  if ([...before.values()].every((it) => it === null)) throw noSuchStep(file, asked, twins);
  let twin: Twin = 'open';
  const stopped = new Set<Twin>();
  /** Once in each twin. */
  const isHere = (index: number): boolean => {
    const wanted = before.get(twin) ?? null;
    return wanted !== null && index >= wanted && !stopped.has(twin);
  };
  const stop = async (cluster: Cluster, where: readonly string[]): Promise<void> => {
    stopped.add(twin);
    onOpen();
    const said = [`${file.name} (${twin}: ${file.setting[twin]})`, ...where];
    await openAt(cluster, said, openShell, terminal);
  };
  return {
    onTwin: (which) => {
      twin = which;
    },
    pace: async ({ index, cluster }) => {
      // Actions on paths are stopped at with the attacker in its place.
      if (file[twin].kind === 'paths' || cluster === null || !isHere(index)) return;
      await stop(cluster, [
        `The attacker is where it is ${index === 0 ? 'at the beginning' : `after step ${index}`}.`,
      ]);
    },
    beforeAction: async (coming) => {
      if (isHere(coming.index)) await stopAtAction(coming, stop, terminal);
    },
    over: () => {
      if (stopped.size > 0) return;
      throw new MidplaneError('USAGE', `scenario "${file.name}" was over before step ${asked}`, {
        hint: 'the story above has all its steps',
      });
    },
  };
}

async function stopAtAction(
  { action, cluster, place }: Coming,
  stop: (cluster: Cluster, where: readonly string[]) => Promise<void>,
  terminal: Terminal,
): Promise<void> {
  const next = `Next: ${action}`;
  const placed = (await place?.()) ?? null;
  if (placed === null) return stop(cluster, [next, 'Nobody attacks that.']);
  if (placed.kind === 'not-applicable')
    return stop(cluster, [next, `The attacker is not in its way: ${placed.reason}`]);
  await using attack = placed.attack;
  await stop(cluster, [next, 'The attacker is in its way now: try it yourself.']);
  if (terminal.signal.aborted) return;
  const { connections, quotes } = await attack.withdraw();
  const seen = connections === 1 ? '1 connection' : `${connections} connections`;
  terminal.warn(`In that time ${seen} came to the attacker${quotes.length === 0 ? '' : ', and it has:'}\n`);
  for (const quote of quotes) terminal.warn(`  ${quote}\n`);
}

/** A kubeconfig for the administrator, as long as the shell is open. */
async function openAt(
  cluster: Cluster,
  said: readonly string[],
  openShell: (run: ShellRun) => Promise<void>,
  terminal: Terminal,
): Promise<void> {
  const door = await openDoor(cluster);
  const folder = await mkdtemp(join(tmpdir(), 'midplane-shell-'));
  try {
    const kubeconfig = join(folder, 'kubeconfig');
    const config = { ...door.config, clientCertificate: cluster.pki.admin };
    await writeFile(kubeconfig, formatKubeconfig(config, 'midplane'), { mode: 0o600 });
    const lines = [
      ...said,
      'kubectl in this shell is the administrator of this lab. In another terminal:',
      `  export KUBECONFIG=${shellWord(kubeconfig)}`,
      'The run goes on after exit.',
    ];
    terminal.warn(`\n${lines.join('\n')}\n\n`);
    await openShell({ env: shellEnvironment(kubeconfig, folder), signal: terminal.signal });
  } finally {
    await door.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function shellEnvironment(kubeconfig: string, folder: string): Record<string, string> {
  return {
    KUBECONFIG: kubeconfig,
    // Where kubectl remembers what an apiserver serves: nothing of a lab stays behind.
    KUBECACHEDIR: join(folder, 'cache'),
    // Of bash; whoever sets his own prompt at every line keeps it.
    PROMPT_COMMAND: 'PS1="(midplane) $PS1"; unset PROMPT_COMMAND',
  };
}

function noSuchStep(file: ScenarioFile, asked: string, twins: readonly Twin[]): MidplaneError {
  const names = [...new Set(twins.flatMap((twin) => namesOfSteps(file[twin])))];
  const near = nearestNames(asked, names);
  const known =
    names.length === 0
      ? `it is a play, whose steps have numbers: midplane run ${file.name} tells them`
      : `a number, or one of ${names.join(', ')}`;
  return new MidplaneError('USAGE', `scenario "${file.name}" has no step "${asked}"`, {
    hint: near.length === 0 ? known : `did you mean ${near.map((it) => `"${it}"`).join(' or ')}?`,
  });
}
