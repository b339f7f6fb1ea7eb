import { expect, test } from '@jest/globals';
import { shippedScenario } from '../scenario-files/all-scenarios';
import { scenarioOfFile } from '../scenario-files/scenario-of-file';
import { playScenario } from './play-scenario';
import { type Pace, Stage } from './stage';

const falseNodeAddress = scenarioOfFile(shippedScenario('false-node-address'));

test('a stage closes everything, last opened first, also past what cannot be closed', async () => {
  const closed: string[] = [];
  const part = (name: string, fails = false) => ({
    close: async () => {
      closed.push(name);
      if (fails) throw new Error(`${name} is stuck`);
    },
  });
  const stage = new Stage();
  stage.closeLater(part('cluster'));
  stage.closeLater(part('attack', true));
  stage.closeLater(part('kubelet'));
  await expect(stage[Symbol.asyncDispose]()).rejects.toThrow('attack is stuck');
  expect(closed).toEqual(['kubelet', 'attack', 'cluster']);
  await stage[Symbol.asyncDispose]();
  expect(closed).toHaveLength(3);
});

test('nothing is said on a stage that was told to stop', async () => {
  const stop = new AbortController();
  const stage = new Stage({ signal: stop.signal });
  await stage.did('admin', 'looks', 'ok');
  stop.abort(new Error('enough'));
  await expect(stage.gained('attacker', 'a', 'b', 'c')).rejects.toThrow('enough');
  expect(stage.steps).toHaveLength(1);
});

test('what could be seen of a scenario is collected from its cluster', async () => {
  const { traces } = await playScenario(falseNodeAddress, 'open');
  const seen = traces.map(({ kind, where }) => `${kind} ${where}`);
  expect(new Set(seen)).toEqual(new Set(['node Node node-2', 'audit audit log', 'connection control-plane']));
  expect(traces.map(({ text }) => text).join('\n')).toContain(
    'patch nodes/status node-2 by system:node:node-2 from 10.0.0.66: 200',
  );
}, 60_000);

test('a scenario goes on when whoever sets its pace lets it', async () => {
  const seen: string[] = [];
  const pace: Pace = async ({ step, index, cluster }) => {
    seen.push(`${index} ${step === null ? 'ready' : step.who}`);
    // The cluster is there to be looked at meanwhile.
    if (index === 0) expect((await cluster?.admin.request('GET', '/api/v1/nodes'))?.ok).toBe(true);
  };
  const { steps } = await playScenario(falseNodeAddress, 'fixed', { pace });
  expect(seen).toEqual(['0 ready', ...steps.map(({ who }, index) => `${index + 1} ${who}`)]);
}, 60_000);
