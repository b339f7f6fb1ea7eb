import { MidplaneError } from '../error';
import type { ScenarioPlan } from '../lab/scenario-files/plan';
import type { Taken } from '../lab/scenario-files/play-remotely';
import type { ScenarioFile } from '../lab/scenario-files/scenario-file';
import type { Scenario } from '../lab/scenarios/scenario';
import type { Twin } from '../report/scenario-outcome';
import { openLab } from './lab';
import type { NamedScenario } from './named-scenarios';
import type { Terminal } from './terminal';

/** The lab that MIDPLANE_LAB names, for as long as scenarios are played in it. */
export interface ScenariosInContainers extends AsyncDisposable {
  take(named: NamedScenario, twins: readonly Twin[]): Promise<Taken>;
  /** Throws MidplaneError USAGE with the reason why it cannot be played there. */
  need(named: NamedScenario, twins: readonly Twin[]): Promise<Scenario>;
  /** Of one that can be played there. */
  plan(file: ScenarioFile, twins: readonly Twin[]): Promise<readonly ScenarioPlan[]>;
}

/** Null: no lab is named, and scenarios start their own. When it is closed the lab has the settings again that it had. */
export async function scenariosInContainers(terminal: Terminal): Promise<ScenariosInContainers | null> {
  if ((terminal.labDescriptor ?? null) === null) return null;
  const { remotePlayers } = await import('../lab/scenario-files/play-remotely');
  const lab = await openLab({}, terminal);
  try {
    const players = await remotePlayers(lab, terminal.signal);
    const take: ScenariosInContainers['take'] = ({ file }, twins) => players.take(file, twins);
    return {
      take,
      need: async (named, twins) => {
        const taken = await take(named, twins);
        if (taken.kind === 'taken') return taken.scenario;
        const what = `scenario "${named.scenario.id}" is not run in the lab in containers: ${taken.reason}`;
        throw new MidplaneError('USAGE', what, { hint: taken.hint });
      },
      plan: players.plan,
      [Symbol.asyncDispose]: async () => {
        const trouble = await players.close();
        if (trouble !== null) {
          terminal.warn(`warning: the lab has its own flags again, and is not whole: ${trouble.message}\n`);
          if (trouble.hint !== undefined) terminal.warn(`hint: ${trouble.hint}\n`);
        }
        await lab.close();
      },
    };
  } catch (error) {
    await lab.close();
    throw error;
  }
}
