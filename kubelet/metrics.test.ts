import { expect, test } from '@jest/globals';
import { RequestCounter } from './metrics';

test('requests that nobody knows share one label', () => {
  const counter = new RequestCounter();
  for (let at = 0; at < 100; at += 1) counter.count(`M${at}`, `/path-${at}`, 'readwrite');
  counter.count('GET', '/metrics/cadvisor', 'readonly');
  counter.count('POST', '/exec/ns/p/c', 'readwrite');
  expect([...counter.counts]).toEqual([
    ['long_running="false",method="other",path="other",server_type="readwrite"', 100],
    ['long_running="false",method="GET",path="metrics/cadvisor",server_type="readonly"', 1],
    ['long_running="true",method="POST",path="exec",server_type="readwrite"', 1],
  ]);
});
