import { MidplaneError } from '../error';
import type { RunArguments } from './run';
import { runOne } from './run-one';
import { runSeveral } from './run-several';
import type { Terminal } from './terminal';

/** Scenarios by their names: both of their twins, or one. */
export async function runScenarios(
  names: readonly string[],
  given: RunArguments,
  terminal: Terminal,
): Promise<number> {
  const [name, ...others] = names;
  const alone = name !== undefined && others.length === 0 && given.all !== true && given.only === undefined;
  const { path, defence, technique, position, side, rules, rule } = given;
  if ([path, defence, technique, position, side, rules, rule].some((it) => it !== undefined)) {
    const which = alone ? `scenario "${name}"` : 'a scenario';
    throw new MidplaneError(
      'USAGE',
      `${which} brings its own settings: it takes no --path, --defence, --technique, --position, --side or --rules`,
      { hint: `midplane run ${name ?? '--all'}` },
    );
  }
  return alone ? runOne(name, given, terminal) : runSeveral(names, given, terminal);
}
