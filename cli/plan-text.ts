import { planOf } from '../lab/scenario-files/plan';
import type { Twin } from '../report/scenario-outcome';
import { renderPlan } from '../report/scenario-plan';
import type { NamedScenario } from './named-scenarios';
import type { ScenariosInContainers } from './scenarios-in-containers';
import type { Terminal } from './terminal';

/** What `--dry-run` says of a scenario. */
export async function planText(
  { file }: NamedScenario,
  twins: readonly Twin[],
  containers: ScenariosInContainers | null,
  terminal: Terminal,
): Promise<string> {
  const look = { colour: terminal.colour, width: terminal.width ?? 100 };
  const plans =
    containers === null ? twins.map((each) => planOf(file, each)) : await containers.plan(file, twins);
  return renderPlan(file.name, file.title, plans, look);
}
