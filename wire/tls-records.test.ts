import { expect, test } from '@jest/globals';
import { alertGoText, alertName } from './tls-alerts';
import { alertRecord, looksLikeTls, readRecord } from './tls-records';

test('a record is read where it starts, and only when it is complete', () => {
  const two = Buffer.from('1503030002022a14030300010116', 'hex');
  expect(readRecord(two)).toMatchObject({ type: 21, version: 0x0303, fragment: Buffer.from([2, 42]) });
  expect(readRecord(two, 7)).toMatchObject({ type: 20, bytes: Buffer.from('140303000101', 'hex') });
  expect(readRecord(two, 13)).toBeNull();
  expect(readRecord(two.subarray(0, 6))).toBeNull();
});

test.each([
  ['1603030050', true],
  ['1503010002', true],
  ['485454502f', false],
  ['1703030050', false],
  ['1610000050', false],
])('the first record %s looks like TLS: %s', (header, expected) => {
  expect(looksLikeTls(Buffer.from(header, 'hex'))).toBe(expected);
});

test('an alert is fatal and in clear', () => {
  expect(alertRecord(42).toString('hex')).toBe('1503030002022a');
});

test.each([
  [42, 'bad_certificate', 'tls: bad certificate'],
  [48, 'unknown_ca', 'tls: unknown certificate authority'],
  [80, 'internal_error', 'tls: internal error'],
  [112, 'unrecognized_name', 'tls: unrecognized name'],
  [116, 'certificate_required', 'tls: certificate required'],
  [200, 'alert(200)', 'tls: alert(200)'],
])('alert %i is %s, in Go %s', (number, name, goText) => {
  expect(alertName(number)).toBe(name);
  expect(alertGoText(number)).toBe(goText);
});
