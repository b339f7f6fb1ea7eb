import { expect, test } from '@jest/globals';
import { PodAddresses } from './pod-addresses';

test('addresses are given in order, and one that comes back rests until the others had their turn', () => {
  const pool = new PodAddresses('10.244.1.0/24');
  expect(pool.take('a', null)).toBe('10.244.1.2');
  expect(pool.take('b', null)).toBe('10.244.1.3');
  pool.give('a');
  expect(pool.take('c', null)).toBe('10.244.1.4');
  for (let at = 5; at <= 254; at += 1) pool.take(`pod-${at}`, null);
  expect(pool.take('d', null)).toBe('10.244.1.2');
});

test('a pod of an earlier run gets its address again, unless somebody has it or it is of another node', () => {
  const pool = new PodAddresses('10.244.1.0/24');
  expect(pool.take('a', '10.244.1.9')).toBe('10.244.1.9');
  expect(pool.take('b', '10.244.1.9')).toBe('10.244.1.2');
  expect(pool.take('c', '10.244.2.7')).toBe('10.244.1.3');
});

test('a node that is full says so', () => {
  const pool = new PodAddresses('10.244.1.0/24');
  for (let at = 2; at <= 254; at += 1) pool.take(`pod-${at}`, null);
  expect(() => pool.take('one-more', null)).toThrow('no address is free in 10.244.1.0/24');
});
