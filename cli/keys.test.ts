import { PassThrough } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { expect, test } from '@jest/globals';
import { keysOf, openKeys } from './keys';

test('what a terminal sends is read key by key', () => {
  expect(keysOf('n \u001b[C\u001b[D\u001bOC\u001b[H\u001b[4~\r\u007f\u0003é\u001b[5~\u001b')).toEqual([
    'n',
    ' ',
    'right',
    'left',
    'right',
    'home',
    'end',
    'enter',
    'backspace',
    'ctrl-c',
    'é',
    'unknown',
    'escape',
  ]);
});

/** A stream that can be switched to single keys, as a terminal. */
function terminalInput() {
  const modes: boolean[] = [];
  const stream = Object.assign(new PassThrough(), { setRawMode: (mode: boolean) => void modes.push(mode) });
  return { stream, input: stream as unknown as ReadStream, modes };
}

test('keys are had anew each time the terminal is taken, and it is given back as it was', async () => {
  const { stream, input, modes } = terminalInput();
  const { signal } = new AbortController();
  for (const key of ['n', 'q']) {
    const keys = openKeys(input);
    stream.write(key);
    expect(await keys.next(null, signal)).toBe(key);
    keys.close();
    expect([stream.listenerCount('data'), stream.isPaused()]).toEqual([0, true]);
  }
  expect(modes).toEqual([true, false, true, false]);
});

test('whoever waits for a key is let go when time is over, when all is stopped, and when the terminal is gone', async () => {
  const { stream, input } = terminalInput();
  const stop = new AbortController();
  const keys = openKeys(input);
  expect(await keys.next(1, stop.signal)).toBeNull();
  const waiting = keys.next(null, stop.signal);
  stop.abort();
  expect(await waiting).toBeNull();
  stream.end();
  expect(await keys.next(null, new AbortController().signal)).toBe('ctrl-c');
  keys.close();
});
