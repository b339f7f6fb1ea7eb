import { describe, expect, test } from '@jest/globals';
import { asciicast } from './asciicast';

describe('a cast', () => {
  test('is a header and one event a line, slowed down so that it can be read', () => {
    const lines = [
      { at: 100, text: '$ kubectl logs web' },
      { at: 101, text: 'two\nlines' },
      { at: 1601, text: 'later' },
      { at: 60_000, text: 'much later' },
    ];
    const [header, ...events] = asciicast({ title: 'the user', lines }, 1_700_000_000_999)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(header).toEqual({
      version: 2,
      width: 100,
      height: 30,
      timestamp: 1_700_000_000,
      title: 'the user',
    });
    expect(events).toEqual([
      [0.4, 'o', '$ kubectl logs web\r\n'],
      [0.8, 'o', 'two\r\nlines\r\n'],
      [2.3, 'o', 'later\r\n'],
      [4.3, 'o', 'much later\r\n'],
    ]);
  });
});
