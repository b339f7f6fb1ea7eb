import { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { writeLogs } from '../container-logs';
import { startContainer } from './containers.test.fixtures';
import { LogBuffer } from './log-buffer';

const NOBODY = new AbortController().signal;
const FOLLOW = {
  follow: true,
  previous: false,
  timestamps: false,
  tailLines: null,
  since: null,
  limitBytes: null,
};

describe('a log', () => {
  test('drops its oldest lines, whole ones, and nothing else', () => {
    const log = new LogBuffer();
    for (let line = 0; line < 30_000; line += 1) log.write('stdout', Buffer.from(`line ${line}\n`));
    const kept = log.select().map((it) => it.bytes.toString());
    expect(kept.at(-1)).toBe('line 29999\n');
    expect(kept.length).toBeGreaterThan(10_000);
    expect(kept).toEqual(kept.map((_, index) => `line ${30_000 - kept.length + index}\n`));
    expect(log.sizeBytes).toBeLessThanOrEqual(1024 * 1024);
    expect(log.select({ tailLines: 1 }).map((it) => it.bytes.toString())).toEqual(['line 29999\n']);
  });

  test.each([
    ['in many writes', 'seq 30000', 30_000],
    ['in large writes', 'yes "" | head -c 131072 > /tmp/f; cat /tmp/f', 131_072],
  ])('that is written %s loses no line for a follower who keeps up', async (_how, script, count) => {
    const box = await startContainer({ command: ['sh', '-c', `read go; ${script}`], stdin: true });
    let text = '';
    const to = new Writable({
      write: (bytes: Buffer, _encoding, done) => {
        text += bytes.toString();
        done();
      },
    });
    const followed = writeLogs(box.container.log, FOLLOW, to, NOBODY);
    const stdin = { read: onceOf('go\n'), close: () => undefined };
    await box.container.attach({ stdin, stdout: null, stderr: null, terminal: null, signal: NOBODY });
    await followed;
    const lines = text.split('\n').slice(0, -1);
    expect(lines.length).toBe(count);
    expect(box.container.log.select().length).toBeLessThan(count);
    await box.stop();
  });
});

function onceOf(text: string): () => Promise<Buffer | null> {
  const pending = [Buffer.from(text)];
  return async () => pending.shift() ?? null;
}
