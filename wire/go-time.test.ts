import { describe, expect, test } from '@jest/globals';
import { formatGoTime, parseGoTime } from './go-time';

describe('a time as Go reads it', () => {
  test.each([
    ['2024-02-29T12:00:00Z', 'seconds', '2024-02-29T12:00:00Z'],
    ['2024-01-01T00:30:00.999+01:00', 'seconds', '2023-12-31T23:30:00Z'],
    ['0001-01-01T00:00:00Z', 'seconds', null],
    ['1969-12-31T23:59:59.500000-05:00', 'micros', '1970-01-01T04:59:59.500000Z'],
  ] as const)('%s is written %s: %s', (text, precision, written) => {
    const time = parseGoTime(text, precision);
    if ('error' in time) throw new Error(time.error);
    expect(formatGoTime(time, precision)).toBe(written);
  });

  // Answers of Go 1.24's time.Parse.
  test.each([
    ['tomorrow', 'cannot parse "tomorrow" as "2006"'],
    ['2024-02-01', 'cannot parse "" as "T"'],
    ['2024-02-01T00:00:00', 'cannot parse "" as "Z07:00"'],
  ])('says of %j that it %s', (text, complaint) => {
    const error = `parsing time "${text}" as "2006-01-02T15:04:05Z07:00": ${complaint}`;
    expect(parseGoTime(text, 'seconds')).toEqual({ error });
  });

  test.each([
    ['2024-13-01T00:00:00Z', ': month out of range'],
    ['2023-02-29T00:00:00Z', ': day out of range'],
    ['2024-02-01T25:00:00Z', ': hour out of range'],
    ['2024-02-01T00:00:00Zx', ': extra text: "x"'],
  ])('says of %j%s', (text, complaint) => {
    expect(parseGoTime(text, 'seconds')).toEqual({ error: `parsing time "${text}"${complaint}` });
  });
});
