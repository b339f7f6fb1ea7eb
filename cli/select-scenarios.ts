import { MidplaneError } from '../error';
import { matches } from '../lab/expectations/cell-words';
import { allFiles } from '../lab/scenario-files/all-scenarios';
import { scenarioOfFile } from '../lab/scenario-files/scenario-of-file';
import { nearestNames } from '../nearest';
import { type NamedScenario, namedScenario } from './named-scenarios';

export interface ChosenScenario extends NamedScenario {
  /** As it was named: an id, or a file. */
  readonly name: string;
  /** Not one of `--all`: the user wants this one. */
  readonly byName: boolean;
}

/**
 * Those that are named, all that ship (`--all`, or `--only` without a name), and of these the ones that a pattern of `--only`
 * means. Throws MidplaneError USAGE for a pattern that means none, and for two of one name: their results could not be
 * told apart.
 */
export async function selectScenarios(
  names: readonly string[],
  { all, only }: { readonly all: boolean; readonly only: readonly string[] | null },
): Promise<readonly ChosenScenario[]> {
  const chosen: ChosenScenario[] = [];
  if (all || names.length === 0) {
    for (const file of allFiles)
      chosen.push({ name: file.name, file, scenario: scenarioOfFile(file), byName: false });
  }
  for (const name of names) chosen.push({ name, byName: true, ...(await namedScenario(name)) });
  refuseTwice(chosen);
  return only === null ? chosen : matching(chosen, only);
}

function refuseTwice(chosen: readonly ChosenScenario[]): void {
  const seen = new Map<string, ChosenScenario>();
  for (const each of chosen) {
    const { id } = each.scenario;
    const other = seen.get(id);
    if (other !== undefined) throw twice(id, other, each);
    seen.set(id, each);
  }
}

function twice(id: string, one: ChosenScenario, other: ChosenScenario): MidplaneError {
  if (one.name !== other.name) {
    return new MidplaneError('USAGE', `"${one.name}" and "${other.name}" are both scenario "${id}"`, {
      hint: 'give one of them another metadata.name, or leave it out',
    });
  }
  return new MidplaneError('USAGE', `scenario "${id}" is given twice`, {
    hint: one.byName ? 'name it once' : '--all has every scenario that ships: leave the name out',
  });
}

function matching(chosen: readonly ChosenScenario[], only: readonly string[]): ChosenScenario[] {
  const ids = chosen.map(({ scenario }) => scenario.id);
  const patterns = only.flatMap((each) => each.split(',')).map((each) => each.trim().toLowerCase());
  for (const pattern of patterns) {
    if (!ids.some((id) => matches(pattern, id))) throw nothingLike(pattern, ids);
  }
  return chosen.filter(({ scenario }) => patterns.some((pattern) => matches(pattern, scenario.id)));
}

function nothingLike(pattern: string, ids: readonly string[]): MidplaneError {
  const near = nearestNames(pattern.replaceAll('*', ''), ids);
  return new MidplaneError('USAGE', `--only: no scenario is called "${pattern}"`, {
    hint:
      near.length > 0
        ? `did you mean ${near.map((it) => `"${it}"`).join(' or ')}?`
        : 'it takes names, or patterns such as "*kubectl*"; midplane list scenarios shows those that ship',
  });
}
