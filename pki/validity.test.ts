import { expect, test } from '@jest/globals';
import { dayMs, validityOf } from './validity';

const now = new Date('2026-06-01T12:00:00Z');

test.each([
  ['nothing', {}, '2026-06-01T11:55:00Z', '2026-06-11T12:00:00Z'],
  [
    'a beginning',
    { notBefore: new Date('2030-01-01T00:00:00Z') },
    '2030-01-01T00:00:00Z',
    '2030-01-11T00:00:00Z',
  ],
  [
    'an end to come',
    { notAfter: new Date('2026-06-02T00:00:00Z') },
    '2026-06-01T11:55:00Z',
    '2026-06-02T00:00:00Z',
  ],
  [
    'an end in the past',
    { notAfter: new Date('2026-05-20T00:00:00Z') },
    '2026-05-10T00:00:00Z',
    '2026-05-20T00:00:00Z',
  ],
  [
    'both',
    { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2021-01-01T00:00:00Z') },
    '2020-01-01T00:00:00Z',
    '2021-01-01T00:00:00Z',
  ],
])('given %s, with ten days to live', (_what, asked, notBefore, notAfter) => {
  expect(validityOf(asked, 10 * dayMs, now)).toEqual({
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
  });
});
