import { expect, test } from '@jest/globals';
import { qosClass } from './qos-class';

const both = { cpu: '1', memory: '1Gi' };

test.each([
  [[{}], 'BestEffort'],
  [[{ resources: { requests: { cpu: '1m' } } }], 'Burstable'],
  [[{ resources: { limits: both, requests: both } }], 'Guaranteed'],
  [[{ resources: { limits: both, requests: { cpu: '1000m', memory: '1024Mi' } } }], 'Guaranteed'],
  [[{ resources: { limits: both, requests: { ...both, cpu: '500m' } } }], 'Burstable'],
  [[{ resources: { limits: both, requests: both } }, {}], 'Burstable'],
  [[{ resources: { limits: { 'example.com/gpu': '1' } } }], 'BestEffort'],
])('%j is %s', (containers, expected) => {
  expect(qosClass({ containers })).toBe(expected);
});
