import { expect, test } from '@jest/globals';
import { type Asn1Time, parseGeneralizedTime, parseUtcTime, rfc3339 } from './asn1-time';

const shown = (time: Asn1Time | null) => (time === null ? null : rfc3339(time));

test.each([
  ['260601120000Z', '2026-06-01T12:00:00Z'],
  ['2606011200Z', '2026-06-01T12:00:00Z'],
  ['491231235959Z', '2049-12-31T23:59:59Z'],
  ['500101000000Z', '1950-01-01T00:00:00Z'],
  ['520229000000Z', '1952-02-29T00:00:00Z'],
  ['260601120000+0130', '2026-06-01T12:00:00+01:30'],
  ['260601120000-2400', '2026-06-01T12:00:00-24:00'],
  ['260601120000+0000', null],
  ['260601120000+2500', null],
  ['260601120000+0160', null],
  ['260601120000', null],
  ['260601120000.5Z', null],
  ['260229000000Z', null],
  ['261301000000Z', null],
  ['260600000000Z', null],
  ['260601240000Z', null],
  ['260601126000Z', null],
  ['260601120060Z', null],
  ['26060112Z', null],
])('UTCTime %s is %s', (text, expected) => {
  expect(shown(parseUtcTime(Buffer.from(text)))).toBe(expected);
});

test.each([
  ['20260601120000Z', '2026-06-01T12:00:00Z'],
  ['00000101000000Z', '0000-01-01T00:00:00Z'],
  ['00500101000000Z', '0050-01-01T00:00:00Z'],
  ['99991231235959Z', '9999-12-31T23:59:59Z'],
  ['20260601120000-0800', '2026-06-01T12:00:00-08:00'],
  ['202606011200Z', null],
  ['20260601120000.000Z', null],
  ['260601120000Z', null],
])('GeneralizedTime %s is %s', (text, expected) => {
  expect(shown(parseGeneralizedTime(Buffer.from(text)))).toBe(expected);
});

test('an offset moves the moment and not the text', () => {
  const time = parseUtcTime(Buffer.from('260601120000+0130'));
  expect(time?.epochMs).toBe(Date.parse('2026-06-01T10:30:00Z'));
});

test('fractions of a second are not shown', () => {
  expect(rfc3339({ epochMs: Date.parse('2026-06-01T12:00:00.999Z'), offsetMinutes: 0 })).toBe(
    '2026-06-01T12:00:00Z',
  );
});
