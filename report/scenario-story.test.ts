import { expect, test } from '@jest/globals';
import { sampleScenario } from './scenario-sample.test.data';
import { renderScenario } from './scenario-story';

test('a scenario shows what each did and saw, and what the attacker has in the end', () => {
  expect(renderScenario(sampleScenario, { colour: false, width: 80 })).toBe(
    [
      ' open-door  a door that is open',
      '',
      ' Somebody leaves a door open.',
      '',
      ' open  door: open',
      '  1  owner     leaves',
      '               → nothing',
      '  2  thief     enters',
      '               ✗ the silver',
      ' ✗ open  the attacker got the silver',
      '',
      ' fixed  door: shut',
      '  1  thief     enters',
      '               ✓ a bruise',
      ' ✓ closed  the attacker got nothing (not what this scenario claims)',
      '   ✗ saw: nobody was shown "the key"',
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
