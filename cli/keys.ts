import type { ReadStream } from 'node:tty';
import type { Keys } from './terminal';

/** The keys of a terminal as they are pressed, until it is closed. `tell` puts something else among them. */
export function openKeys(input: ReadStream): Keys & { readonly tell: (what: string) => void } {
  const waiting: string[] = [];
  let wake: () => void = () => undefined;
  const tell = (what: string): void => {
    waiting.push(what);
    wake();
  };
  const onData = (bytes: Buffer): void => {
    for (const key of keysOf(bytes.toString('utf8'))) tell(key);
  };
  // Whose terminal is gone presses no more keys.
  const onEnd = (): void => tell('ctrl-c');
  input.setRawMode(true);
  // A stream that was paused once does not flow again because somebody listens.
  input.on('data', onData).on('end', onEnd).resume();
  return {
    tell,
    next: async (ms, signal) => {
      if (waiting.length === 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = ms === null ? null : setTimeout(resolve, ms);
          wake = () => {
            if (timer !== null) clearTimeout(timer);
            resolve();
          };
          signal.addEventListener('abort', wake, { once: true });
        });
        signal.removeEventListener('abort', wake);
        wake = () => undefined;
      }
      return waiting.shift() ?? null;
    },
    close: () => {
      input.off('data', onData).off('end', onEnd);
      input.setRawMode(false);
      input.pause();
    },
  };
}

const NAMED: Readonly<Record<string, string>> = {
  '\u001b[C': 'right',
  '\u001bOC': 'right',
  '\u001b[D': 'left',
  '\u001bOD': 'left',
  '\u001b[H': 'home',
  '\u001bOH': 'home',
  '\u001b[1~': 'home',
  '\u001b[F': 'end',
  '\u001bOF': 'end',
  '\u001b[4~': 'end',
  '\r': 'enter',
  '\n': 'enter',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u0003': 'ctrl-c',
  '\u0004': 'ctrl-c',
  '\u001b': 'escape',
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: what keys send begins with escape
const sequence = /\u001b\[[0-9;]*[A-Za-z~]|\u001bO[A-Z]|[\s\S]/gu;

/** What a terminal in raw mode sends, key by key: characters as they are, others by their names. */
export function keysOf(text: string): string[] {
  return [...text.matchAll(sequence)].map(([each]) => NAMED[each] ?? (each.length > 1 ? 'unknown' : each));
}
