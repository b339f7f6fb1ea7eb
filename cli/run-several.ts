import { MidplaneError } from '../error';
import type { Twin } from '../report/scenario-outcome';
import { MOST_WHOLE } from '../report/scenarios-story';
import { parseOutputs, writeOutputs } from './outputs';
import { placesIn } from './places-in';
import { planText } from './plan-text';
import type { Task } from './play-several';
import { exitCodeOfAll } from './report-error';
import type { RunArguments } from './run';
import { runFormats } from './run-formats';
import { renderAll } from './scenario-formats';
import { type ScenariosInContainers, scenariosInContainers } from './scenarios-in-containers';
import { type ChosenScenario, selectScenarios } from './select-scenarios';
import { SeveralTold } from './several-told';
import { exitCodes, type Terminal } from './terminal';
import { twinsOf } from './twins';

/** Several scenarios: a lab that fails in one of them does not end the others. */
export async function runSeveral(
  names: readonly string[],
  given: RunArguments,
  terminal: Terminal,
): Promise<number> {
  if (given.shell !== undefined) {
    throw new MidplaneError('USAGE', '--shell stops in one scenario, and several are asked for', {
      hint: 'midplane run NAME --shell',
    });
  }
  const outputs = parseOutputs(given.output ?? ['story'], runFormats);
  const chosen = await selectScenarios(names, { all: given.all === true, only: given.only ?? null });
  const ids = chosen.map(({ scenario }) => scenario.id);
  const placesOf = await placesIn(given, ids, terminal);
  const twins = twinsOf(given);
  await using containers = await scenariosInContainers(terminal);
  const fit = await fitFor(containers, chosen, twins);
  if (given.dryRun === true) {
    for (const each of fit) {
      const { scenario, unfit } = each;
      if (unfit !== null) terminal.write(` ${scenario.id} is not run: ${unfit}\n\n`);
      else terminal.write(`${await planText(each, twins, containers, terminal)}\n`);
    }
    return exitCodes.ok;
  }
  const { seed = null, verbose = false } = given;
  const tasks = fit.map(({ name, scenario, unfit }): Task => {
    const wishes = { twins, seed, verbose, ...placesOf(scenario.id) };
    return { name, scenario, unfit, wishes };
  });
  const { playSeveral, playHere } = await import('./play-several');
  const isTold = outputs.some(({ format, file }) => format === 'story' && file === null);
  const told = new SeveralTold(tasks, { isTold, whole: tasks.length <= MOST_WHOLE }, terminal);
  try {
    await playSeveral(tasks, [playHere(terminal)], told, terminal.signal);
  } finally {
    told.clear();
  }
  const all = told.all();
  await writeOutputs(
    outputs,
    (format, toFile) => (format === 'story' && !toFile ? told.closing() : renderAll(all, format, terminal)),
    terminal,
  );
  return exitCodeOfAll(all);
}

interface FitScenario extends ChosenScenario {
  /** Why it is not run; null: it is. */
  readonly unfit: string | null;
}

/**
 * The embedded lab can play all, the one in containers some. What the user has named is needed: throws MidplaneError USAGE
 * with the reason why it cannot be played there, as when none is left.
 */
async function fitFor(
  containers: ScenariosInContainers | null,
  chosen: readonly ChosenScenario[],
  twins: readonly Twin[],
): Promise<readonly FitScenario[]> {
  if (containers === null) return chosen.map((each) => ({ ...each, unfit: null }));
  const fit: FitScenario[] = [];
  for (const each of chosen) {
    if (each.byName) {
      fit.push({ ...each, scenario: await containers.need(each, twins), unfit: null });
      continue;
    }
    const taken = await containers.take(each, twins);
    if (taken.kind === 'taken') fit.push({ ...each, scenario: taken.scenario, unfit: null });
    else fit.push({ ...each, unfit: taken.reason });
  }
  if (fit.some(({ unfit }) => unfit === null)) return fit;
  throw new MidplaneError('USAGE', 'the lab in containers can play none of them', {
    hint: 'midplane run NAME says why; without MIDPLANE_LAB all are played in the embedded lab',
  });
}
