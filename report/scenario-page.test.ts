import { expect, test } from '@jest/globals';
import { renderPage } from './page';
import { scenarioPage } from './scenario-page';

const scenario = {
  id: 'open-door',
  title: 'a door that is open',
  story: 'Whoever comes is let in.',
  needs: 'A way to the door.',
  evidence: 'A word that lay behind it.',
  attack: ['T1078'],
  setting: { name: '--door', open: 'open (the default)', fixed: 'closed' },
  notice: 'Footprints.',
  sources: ['pkg/door.go'],
} as const;

test('the page of a scenario says what it needs, proves, stops it and shows', () => {
  const text = renderPage({ kind: 'scenario', ...scenarioPage(scenario) }, { width: 80, colour: false });
  expect(text).toBe(
    [
      'open-door: a door that is open',
      'scenario',
      '',
      'Whoever comes is let in.',
      '',
      'Needs. A way to the door.',
      '',
      'What proves it. A word that lay behind it.',
      '',
      'What stops it. `--door`: closed. It is open with: open (the default).',
      '',
      'How you would notice. Footprints.',
      '',
      'ATT&CK for Containers. T1078 Valid Accounts.',
      '',
      'Try: `midplane run open-door`',
      '',
      'Sources',
      '  pkg/door.go',
      '',
    ].join('\n'),
  );
});

test('what is not said has no heading', () => {
  const { needs: _needs, evidence: _evidence, attack: _attack, ...short } = scenario;
  expect(scenarioPage(short).body.join('\n')).not.toMatch(/Needs|proves|ATT&CK/);
});
