import { describe, expect, test } from '@jest/globals';
import { openKubectl } from '../../cli/real-kubectl';
import { needsKubectl } from '../../lab/scenario-files/kubectl-here.test.fixtures';
import { scenarioOfFile } from '../../lab/scenario-files/scenario-of-file';
import { shippedFiles } from '../../lab/scenario-files/shipped';
import { playScenario } from '../../lab/scenarios/play-scenario';
import { twins } from '../../report/scenario-outcome';
import { findKubectls } from './find-kubectl';

/** The shipped scenarios in which somebody uses kubectl, with every kubectl of this machine. */
const kubectls = findKubectls();
const files = shippedFiles().filter(needsKubectl);

if (kubectls.length === 0) test.skip('NOT RUN: no kubectl on this machine', () => undefined);

describe.each(kubectls)('kubectl $version', ({ path }) => {
  test.each(files.flatMap((file) => twins.map((twin) => [file.name, twin, file] as const)))(
    '%s comes out as it claims when it is %s',
    async (_name, twin, file) => {
      const kubectl = () => openKubectl({ named: path, folders: [] });
      const run = await playScenario(scenarioOfFile(file), twin, { kubectl });
      expect(run).toMatchObject({ asClaimed: true });
      expect(run.unmet).toBeUndefined();
    },
    60_000,
  );
});

test('at least two of them are there', () => {
  expect(files.length).toBeGreaterThanOrEqual(2);
});
