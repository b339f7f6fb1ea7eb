import type { ScenarioReport } from './scenario-outcome';

/** A scenario whose second twin did not come out as claimed, for the tests of the reports. Not part of the package. */
export const sampleScenario: ScenarioReport = {
  apiVersion: 'midplane/v1',
  kind: 'ScenarioReport',
  scenario: {
    id: 'open-door',
    title: 'a door that is open',
    story: 'Somebody leaves a door open.',
    setting: { name: 'door', open: 'open', fixed: 'shut' },
    notice: 'A draught.',
    sources: ['the carpenter'],
  },
  runs: [
    {
      twin: 'open',
      setting: 'door: open',
      steps: [
        { who: 'owner', did: 'leaves', saw: 'nothing', outcome: 'went-well' },
        { who: 'thief', did: 'enters', saw: 'the silver', outcome: 'gained' },
      ],
      gains: ['the silver'],
      traces: [{ kind: 'log', where: 'door', text: 'it creaks', look: 'listen', lasts: false }],
      outcome: 'open',
      asClaimed: true,
      durationMs: 1,
    },
    {
      twin: 'fixed',
      setting: 'door: shut',
      steps: [{ who: 'thief', did: 'enters', saw: 'a bruise', outcome: 'refused' }],
      gains: [],
      traces: [],
      outcome: 'closed',
      asClaimed: false,
      unmet: ['saw: nobody was shown "the key"'],
      at: { file: 'doors/open-door.yaml', line: 9, column: 5 },
      durationMs: 1,
    },
  ],
};
