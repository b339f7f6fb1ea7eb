import { describe, expect, test } from '@jest/globals';
import { execute, Screen, startContainer } from './containers.test.fixtures';

/** What a busy container may keep others waiting at most; Kubernetes' own probes wait a second. */
const SOON_MS = 500;

describe('a container that keeps busy', () => {
  test.each([
    'while :; do :; done',
    'while true; do x=$((x+1)); done',
    'yes > /dev/null',
    'cat /dev/zero > /dev/null',
    'f() { f; }; while :; do f 2>/dev/null; done',
    'b() { b | b & }; b; while :; do :; done',
    'while :; do echo $(echo a | cat); done > /dev/null',
    'while :; do x=$x$x; done',
    'cat /dev/zero | tail',
    'echo "sh /tmp/s | sh /tmp/s" > /tmp/s; while :; do sh /tmp/s 2>/dev/null; done',
  ])('lets others be answered, and dies with its session: %s', async (script) => {
    const box = await startContainer();
    const gone = new AbortController();
    const streams = {
      stdin: null,
      stdout: new Screen(),
      stderr: new Screen(),
      terminal: null,
      signal: gone.signal,
    };
    const busy = box.container.exec(['sh', '-c', script], streams);
    let slowest = 0;
    for (let count = 0; count < 5; count += 1) {
      const begun = performance.now();
      expect((await execute(box.container, ['true'])).code).toBe(0);
      slowest = Math.max(slowest, performance.now() - begun);
      await new Promise(setImmediate);
    }
    gone.abort();
    expect(await busy).toMatchObject({ kind: 'exited' });
    expect(slowest).toBeLessThan(SOON_MS);
    await box.stop();
  });
});
