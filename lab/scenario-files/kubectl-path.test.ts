import { describe, expect, test } from '@jest/globals';
import { type CommandOutcome, failed, succeeded } from '../../client/command-outcome';
import { specOf } from '../run-matrix';
import { kubectlPath } from './kubectl-path';
import type { KubectlLine } from './scenario-file';

const line: KubectlLine = { words: ['get', 'pods'], command: 'kubectl get pods', stdin: '', as: 'admin' };
const words = { up: 'up-1', down: 'down-1', forged: 'forged-1', tampered: 'tampered-1' };
const { signal } = new AbortController();

/** What comes of kubectl that says this, one after the other. */
function act(outcomes: CommandOutcome[], given: KubectlLine = line) {
  const path = kubectlPath(specOf('kubectl-api'), given, {
    run: async () => outcomes.shift() ?? failed('said too often'),
  });
  if (path.kind !== 'from-client' || path.act === undefined) throw new Error('nothing is done');
  return path.act;
}

describe('kubectl on a path', () => {
  test('has to show without an attacker what only the genuine endpoint has', async () => {
    await expect(act([succeeded({ stdout: Buffer.from('NAME web') })])(words, signal)).rejects.toThrow(
      '"kubectl get pods" works, and does not show the word that only the genuine endpoint of path "kubectl-api" has',
    );
  });

  test('may be told anything under attack', async () => {
    const shown = (text: string) => succeeded({ stdout: Buffer.from(text) });
    const acts = act([shown('down-1'), shown('forged-1')]);
    await acts(words, signal);
    expect((await acts(words, signal)).stdout.toString()).toBe('forged-1');
  });

  test('that fails without an attacker says so by itself', async () => {
    expect(await act([failed('Error from server')])(words, signal)).toMatchObject({
      words: 'Error from server',
    });
  });

  test('sends something only where it says $(UP)', () => {
    const users = { run: async () => succeeded() };
    expect(kubectlPath(specOf('exec'), line, users).carriesUp).toBe(false);
    expect(kubectlPath(specOf('exec'), { ...line, stdin: 'x=$(UP)' }, users).carriesUp).toBe(true);
  });
});
