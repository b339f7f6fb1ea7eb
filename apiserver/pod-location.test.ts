import { describe, expect, test } from '@jest/globals';
import type { Container, Pod } from '../api/objects';
import { chooseContainer, refuseLogOptions } from './pod-location';

const container = (name: string): Container => ({ name, image: 'i' });
const pod = (names: string[], init: string[] = []): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: {
    containers: names.map(container),
    initContainers: init.map(container),
    ephemeralContainers: [container('debugger')],
  },
});

describe('the container', () => {
  test.each([
    [['a'], [], '', 'a'],
    [['a', 'b'], [], 'b', 'b'],
    [['a'], ['setup'], 'setup', 'setup'],
    [['a'], [], 'debugger', 'debugger'],
    [['a', 'b'], [], '', 'a container name must be specified for pod p, choose one of: [a b]'],
    [
      ['a', 'b'],
      ['s'],
      '',
      'a container name must be specified for pod p, choose one of: [a b] or one of the init containers: [s]',
    ],
    [[], [], '', 'a container name must be specified for pod p'],
    [['a'], [], 'x', 'container x is not valid for pod p'],
  ])('of %j and %j, asked for %j: %s', (names, init, wanted, expected) => {
    const chosen = chooseContainer(pod(names, init), wanted);
    expect(typeof chosen === 'string' ? chosen : chosen.message).toBe(expected);
  });
});

describe('log options', () => {
  test.each([
    ['tailLines=0&limitBytes=1&sinceSeconds=1', undefined],
    ['tailLines=', undefined],
    [
      'tailLines=-1',
      'PodLogOptions "p" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    ],
    ['limitBytes=0', 'PodLogOptions "p" is invalid: limitBytes: Invalid value: 0: must be greater than 0'],
    ['tailLines=x', 'strconv.ParseInt: parsing "x": invalid syntax'],
  ])('%s', (query, message) => {
    expect(refuseLogOptions('p', new URLSearchParams(query))?.message).toBe(message);
  });
});
