import { MidplaneError } from '../error';
import { MOST_WHOLE } from '../report/scenarios-story';
import { fitScenarios } from './fit-scenarios';
import { isTold, liveOf, pacesOf, untilQuit } from './live';
import { parseOutputs, writeOutputs } from './outputs';
import { parallelOf } from './parallel';
import { placesIn } from './places-in';
import { planText } from './plan-text';
import type { Task } from './play-several';
import { Progress } from './progress';
import { nowhere } from './real-kubectl';
import { exitCodeOfAll } from './report-error';
import type { RunArguments } from './run';
import { runFormats } from './run-formats';
import { renderAll } from './scenario-formats';
import { scenariosInContainers } from './scenarios-in-containers';
import { selectScenarios } from './select-scenarios';
import { SeveralTold } from './several-told';
import { exitCodes, type Terminal } from './terminal';
import { wishesOf } from './wishes';

/** Several scenarios: a lab that fails in one of them does not end the others. */
export async function runSeveral(
  names: readonly string[],
  given: RunArguments,
  terminal: Terminal,
): Promise<number> {
  return untilQuit(terminal, (here, quit) => run(names, given, here, quit));
}

async function run(
  names: readonly string[],
  given: RunArguments,
  terminal: Terminal,
  quit: () => void,
): Promise<number> {
  if (given.shell !== undefined) {
    throw new MidplaneError('USAGE', '--shell stops in one scenario, and several are asked for', {
      hint: 'midplane run NAME --shell',
    });
  }
  const outputs = parseOutputs(given.output ?? ['story'], runFormats);
  const parallel = parallelOf(given, terminal);
  const live = liveOf(given, { outputs, parallel }, terminal);
  const chosen = await selectScenarios(names, { all: given.all === true, only: given.only ?? null });
  const ids = chosen.map(({ scenario }) => scenario.id);
  const placesOf = await placesIn(given, ids, terminal);
  const shared = wishesOf(given);
  const { twins } = shared;
  await using containers = await scenariosInContainers(terminal);
  const fit = await fitScenarios(containers, chosen, twins, terminal.kubectl ?? nowhere);
  if (given.dryRun === true) {
    for (const each of fit) {
      const { scenario, unfit } = each;
      if (unfit !== null) terminal.write(` ${scenario.id} is not run: ${unfit}\n\n`);
      else terminal.write(`${await planText(each, twins, containers, terminal)}\n`);
    }
    return exitCodes.ok;
  }
  const tasks = fit.map(({ name, scenario, unfit }): Task => {
    return { name, scenario, unfit, wishes: { ...shared, ...placesOf(scenario.id) } };
  });
  const { playSeveral } = await import('./play-several');
  // Nobody waits for the stories of all who has not asked for it.
  const whole = tasks.length <= MOST_WHOLE || live?.isWished === true;
  const progress = new Progress(terminal);
  const paces = live === null || !whole ? null : pacesOf(live, { progress, quit }, terminal);
  const told = new SeveralTold(tasks, { isTold: outputs.some(isTold), whole, paces, progress }, terminal);
  try {
    await playSeveral(tasks, { parallel, audience: told }, terminal);
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
