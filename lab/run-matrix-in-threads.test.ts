import { expect, test } from '@jest/globals';
import type { InterceptionMatrix } from '../report/outcome';
import { runMatrix } from './run-matrix';
import { runMatrixInThreads } from './run-matrix-in-threads';

const options = {
  paths: ['logs', 'pod-proxy-https', 'kubectl-api'],
  defences: ['none', 'kubelet-ca', 'client-ca', 'client-insecure'],
  seed: 'two threads',
} as const;

function verdicts({ cells }: InterceptionMatrix): string[] {
  return cells.map(({ path, defence, technique, verdict }) => `${path} ${defence} ${technique} ${verdict}`);
}

test('a matrix of two threads is that of one, in the same order', async () => {
  const seen: string[] = [];
  const both = await runMatrixInThreads(
    {
      ...options,
      onCell: ({ path, defence, technique }, done, total) =>
        seen.push(`${path} ${defence} ${technique} ${done}/${total}`),
    },
    2,
  );
  expect(verdicts(both)).toEqual(verdicts(await runMatrix(options)));
  expect(both.metadata?.seed).toBe('two threads');
  // Of each cell once, counted over both threads.
  expect(new Set(seen.map((it) => it.replace(/ \S+$/, ''))).size).toBe(both.cells.length);
  expect(seen.map((it) => it.replace(/^.* /, ''))).toEqual(
    both.cells.map((_, index) => `${index + 1}/${both.cells.length}`),
  );
}, 60_000);

test('nothing is begun for somebody who had enough before', async () => {
  const begun: string[] = [];
  const signal = AbortSignal.abort(new Error('enough'));
  const onLab = (defence: string): void => void begun.push(defence);
  await expect(runMatrixInThreads({ ...options, signal, onLab }, 2)).rejects.toThrow('enough');
  expect(begun).toEqual([]);
}, 60_000);

test('both threads end when somebody has enough, and when a lab fails', async () => {
  const stop = new AbortController();
  const interrupted = runMatrixInThreads(
    { ...options, signal: stop.signal, onCell: () => stop.abort(new Error('enough')) },
    2,
  );
  await expect(interrupted).rejects.toThrow('enough');
  const hurried = runMatrixInThreads({ ...options, cellTimeLimitMs: 1 }, 2);
  await expect(hurried).rejects.toMatchObject({
    code: 'TIME_LIMIT',
    hint: expect.stringContaining('--time-limit'),
  });
}, 60_000);
