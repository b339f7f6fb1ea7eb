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
  // What is requested as zero is not raised to its limit by the defaulting, and is no request.
  [[{ resources: { limits: both, requests: { ...both, cpu: '0' } } }], 'Burstable'],
  [[{ resources: { limits: { ...both, cpu: 0 }, requests: { ...both, cpu: 0 } } }], 'Burstable'],
  [[{ resources: { limits: { cpu: '0' }, requests: { cpu: '0' } } }], 'BestEffort'],
  // A limit alone is its own request.
  [[{ resources: { limits: both } }], 'Guaranteed'],
  [[{ resources: { limits: { 'example.com/gpu': '1' } } }], 'BestEffort'],
])('%j is %s', (containers, expected) => {
  expect(qosClass({ containers })).toBe(expected);
});

test('init containers count, debug containers do not', () => {
  const containers = [{ resources: { limits: both, requests: both } }];
  expect(qosClass({ containers, initContainers: [{}] })).toBe('Burstable');
  expect(qosClass({ containers, ephemeralContainers: [{}] })).toBe('Guaranteed');
});
