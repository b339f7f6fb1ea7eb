import pino, { type Logger } from 'pino';
import type { Terminal } from './terminal';

/** The components' log: JSON lines on stderr. */
export function componentLog(terminal: Terminal, level = 'info'): Logger {
  return pino({ level }, { write: (line: string) => terminal.warn(line) });
}
