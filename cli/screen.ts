import type { ReadStream, WriteStream } from 'node:tty';
import { openKeys } from './keys';
import type { Screen } from './terminal';

/** xterm: the alternate screen, where what was there before comes back. */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';

/** Takes the whole terminal, and its keys as they are pressed, until it is closed. */
export function openScreen(input: ReadStream, output: WriteStream): Screen {
  const keys = openKeys(input);
  const onResize = (): void => keys.tell('resized');
  output.on('resize', onResize);
  output.write(ENTER);
  return {
    size: () => ({ width: output.columns || 80, height: output.rows || 24 }),
    show: (lines) => output.write(HOME + lines.map((line) => line + CLEAR_LINE).join('\r\n')),
    next: keys.next,
    close: () => {
      output.off('resize', onResize);
      keys.close();
      output.write(LEAVE);
    },
  };
}
