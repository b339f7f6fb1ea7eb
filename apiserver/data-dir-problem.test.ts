import { describe, expect, test } from '@jest/globals';
import { unusable } from './data-dir-problem';

/** As abstract-level wraps what LevelDB says. */
function wrapped(code: string, message: string): Error {
  return new Error('Database failed to open', { cause: Object.assign(new Error(message), { code }) });
}

describe('a data directory that cannot be used', () => {
  test.each([
    [wrapped('LEVEL_LOCKED', 'IO error: lock /d/LOCK: already held by process'), 'another process uses it'],
    [wrapped('LEVEL_CORRUPTION', 'Corruption: CURRENT file'), 'it is damaged (Corruption: CURRENT file)'],
    [wrapped('LEVEL_IO_ERROR', 'IO error: /d/000003.log: No space left on device'), 'the disk is full'],
    [wrapped('LEVEL_IO_ERROR', 'IO error: /d/LOCK: Permission denied'), 'permission denied'],
    [Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' }), 'permission denied'],
    [Object.assign(new Error('ENOTDIR: not a directory'), { code: 'ENOTDIR' }), 'it is not a directory'],
    [
      Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' }),
      'its parent directory does not exist',
    ],
    [wrapped('LEVEL_IO_ERROR', 'IO error: something else'), 'IO error: something else'],
  ])('because of %s', (cause, why) => {
    expect(unusable('/d', 'cannot be opened', cause)).toMatchObject({
      code: 'DATA_DIR_UNUSABLE',
      message: `--data-dir "/d" cannot be opened: ${why}`,
      hint: expect.stringMatching(/./),
      cause,
    });
  });
});
