import { expect, test } from '@jest/globals';
import type { ScenarioReport } from './scenario-outcome';
import { renderScenario } from './scenario-story';

const report: ScenarioReport = {
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
      durationMs: 1,
    },
  ],
};

test('a scenario shows what each did and saw, and what the attacker has in the end', () => {
  expect(renderScenario(report, { colour: false, width: 80 })).toBe(
    [
      ' open-door  a door that is open',
      '',
      ' Somebody leaves a door open.',
      '',
      ' open  door: open',
      '  1  owner  leaves',
      '            → nothing',
      '  2  thief  enters',
      '            ✗ the silver',
      ' ✗ open  the attacker got the silver',
      '',
      ' fixed  door: shut',
      '  1  thief  enters',
      '            ✓ a bruise',
      ' ✓ closed  the attacker got nothing (not what this scenario claims)',
      '',
      ' How you would notice  A draught.',
      '',
      ' Seen in the lab, open',
      '   door  it creaks (while it lasted)',
      '         $ listen',
      '',
      ' Sources  the carpenter',
      '',
    ].join('\n'),
  );
});
