import { expect, test } from '@jest/globals';
import { keysOf } from './keys';

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
