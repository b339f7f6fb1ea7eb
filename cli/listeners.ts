import type { ScenarioRunOptions } from '../lab/scenarios/scenario';

/** Who follows a scenario while it is played, and may hold it up. */
export type Listeners = Pick<ScenarioRunOptions, 'onTwin' | 'onStep' | 'onRun' | 'pace' | 'beforeAction'>;

/** Each is told, and waited for, in this order. */
export function together(all: readonly Listeners[]): Required<Listeners> {
  return {
    onTwin: (twin) => {
      for (const each of all) each.onTwin?.(twin);
    },
    onStep: (step) => {
      for (const each of all) each.onStep?.(step);
    },
    onRun: (run) => {
      for (const each of all) each.onRun?.(run);
    },
    pace: async (pause) => {
      for (const each of all) await each.pace?.(pause);
    },
    beforeAction: async (coming) => {
      for (const each of all) await each.beforeAction?.(coming);
    },
  };
}
