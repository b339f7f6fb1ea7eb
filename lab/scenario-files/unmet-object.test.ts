import { describe, expect, test } from '@jest/globals';
import type { ObjectCondition } from './scenario-file';
import { type ReadObjects, unmetObject } from './unmet-object';

const here = { path: '/api/v1/nodes/node-1', what: 'Node node-1' };
const away = { path: '/api/v1/nodes/node-9', what: 'Node node-9' };
const objects: ReadObjects = new Map([
  [here.path, { kind: 'object', object: { status: { phase: 'Running', pods: 3 }, note: 'two\nlines' } }],
  [away.path, { kind: 'none' }],
  ['/forbidden', { kind: 'unread', why: 'nodes is forbidden' }],
]);

describe('what is asked of an object', () => {
  test.each<[ObjectCondition]>([
    [here],
    [{ ...away, exists: false }],
    [{ ...here, jsonPath: '{.status.phase}' }],
    [{ ...here, jsonPath: '.status.phase', is: 'Running' }],
    [{ ...here, jsonPath: '.status.pods', is: '3' }],
    [{ ...here, jsonPath: '.status.phase', matches: 'unn' }],
    [{ ...here, jsonPath: '.status.phase', matches: '/^RUN/i' }],
    [{ ...here, jsonPath: '.note', is: 'two\nlines' }],
    [{ ...here, jsonPath: '.status.reason', exists: false }],
  ])('%j holds', (condition) => {
    expect(unmetObject(condition, objects)).toBeNull();
  });

  test.each<[ObjectCondition, string]>([
    [away, 'Node node-9: expected to be there, and it was not'],
    [{ ...here, exists: false }, 'Node node-1: expected not to be there, and it was there'],
    [
      { ...here, jsonPath: '.status.phase', is: 'Failed' },
      'Node node-1 .status.phase: expected "Failed", and it was "Running"',
    ],
    [
      { ...away, jsonPath: '.status.phase', matches: 'Run' },
      'Node node-9 .status.phase: expected "Run", and there was no such object',
    ],
    [
      { path: '/forbidden', what: 'Node x' },
      'Node x: expected, and it could not be read: nodes is forbidden',
    ],
    [{ path: '/other', what: 'Node y' }, 'Node y: expected, and it could not be read: nobody asked for it'],
  ])('%j does not, and it is said why', (condition, clause) => {
    expect(unmetObject(condition, objects)).toBe(clause);
  });
});
