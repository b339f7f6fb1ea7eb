import { describe, expect, test } from '@jest/globals';
import { EventCorrelator, type Occurrence } from './correlate-events';

const start = Date.parse('2026-11-28T10:00:00Z');
const event = (message: string, afterMs = 0, name = 'web'): Occurrence => ({
  about: { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name, uid: 'u' },
  type: 'Warning',
  reason: 'BackOff',
  message,
  at: new Date(start + afterMs),
});

describe('an event', () => {
  test('is new, then counted', () => {
    const correlator = new EventCorrelator();
    expect(correlator.correlate(event('a'))).toMatchObject({ kind: 'new', count: 1 });
    expect(correlator.correlate(event('a', 5000))).toMatchObject({
      kind: 'again',
      count: 2,
      firstAt: new Date(start),
    });
    expect(correlator.correlate(event('b', 5000))).toMatchObject({ kind: 'new', count: 1 });
  });

  test('that comes in ten texts is told as one', () => {
    const correlator = new EventCorrelator();
    const told = Array.from({ length: 12 }, (_, at) => correlator.correlate(event(`text ${at}`)));
    expect(told.slice(0, 9).every((it) => it.kind === 'new' && !it.message.startsWith('('))).toBe(true);
    expect(told[9]).toMatchObject({ kind: 'new', message: '(combined from similar events): text 9' });
    expect(told[11]).toMatchObject({ kind: 'again', count: 3 });
  });

  test('is dropped when an object has said 25 things, and told again later; others are not concerned', () => {
    const correlator = new EventCorrelator();
    const kinds = Array.from({ length: 26 }, () => correlator.correlate(event('a')).kind);
    expect(kinds.filter((it) => it !== 'dropped')).toHaveLength(25);
    expect(kinds.at(-1)).toBe('dropped');
    expect(correlator.correlate(event('a', 0, 'other')).kind).toBe('new');
    expect(correlator.correlate(event('a', 300_000))).toMatchObject({ kind: 'again', count: 27 });
  });

  test('that was not taken is new the next time', () => {
    const correlator = new EventCorrelator();
    const told = correlator.correlate(event('a'));
    if (told.kind === 'dropped') throw new Error('dropped');
    correlator.forget(told.key);
    expect(correlator.correlate(event('a'))).toMatchObject({ kind: 'new', count: 1 });
  });
});
