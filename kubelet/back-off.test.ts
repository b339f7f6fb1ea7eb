import { describe, expect, test } from '@jest/globals';
import { BackOff } from './back-off';

const START = Date.parse('2026-11-28T10:00:00Z');
const at = (ms: number): Date => new Date(START + ms);

describe('back-off', () => {
  test('is nothing after the first failure, then 10 s, doubled up to five minutes', () => {
    const backOff = new BackOff();
    const waits: number[] = [];
    let now = 0;
    for (let failure = 0; failure < 8; failure += 1) {
      const ms = backOff.remainingMs('a', at(now), at(now));
      waits.push(ms / 1000);
      now += ms;
      backOff.next('a', at(now), at(now));
    }
    expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
  });

  test('counts from the failure on, and for each key by itself', () => {
    const backOff = new BackOff();
    backOff.next('a', at(0), at(0));
    expect(backOff.remainingMs('a', at(1000), at(4000))).toBe(7000);
    expect(backOff.remainingMs('a', at(1000), at(12_000))).toBe(0);
    expect(backOff.remainingMs('b', at(1000), at(4000))).toBe(0);
  });

  test('is forgotten after ten minutes without a failure', () => {
    const backOff = new BackOff();
    backOff.next('a', at(0), at(0));
    backOff.next('a', at(10_000), at(10_000));
    const tenMinutes = 10_000 + 600_000;
    expect(backOff.remainingMs('a', at(tenMinutes), at(tenMinutes))).toBe(20_000);
    expect(backOff.remainingMs('a', at(tenMinutes + 1), at(tenMinutes + 1))).toBe(0);
    backOff.next('a', at(tenMinutes + 1), at(tenMinutes + 1));
    expect(backOff.delayMs('a')).toBe(10_000);
  });
});
