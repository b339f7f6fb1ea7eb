import { describe, expect, test } from '@jest/globals';
import type { KubeNode, Pod } from '../api/objects';
import { chooseNode } from './choose-node';

function node(
  name: string,
  more: { spec?: object; labels?: Record<string, string>; ready?: boolean | 'Unknown'; cpu?: string } = {},
): KubeNode {
  const { spec = {}, labels = {}, ready = true, cpu = '2' } = more;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec,
    status: {
      allocatable: { cpu, memory: '4Gi', pods: '3' },
      conditions: [{ type: 'Ready', status: ready === true ? 'True' : ready === false ? 'False' : ready }],
    },
  };
}

function pod(name: string, spec: object = {}, cpu?: string): Pod {
  const resources = cpu === undefined ? {} : { resources: { requests: { cpu } } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'main', image: 'web', ...resources }], ...spec },
  };
}

const unhelpful = (count: number): string => `${count} Preemption is not helpful for scheduling`;
const noVictims = (count: number): string => `${count} No preemption victims found for incoming pod`;

describe('the scheduler', () => {
  test('chooses the node that has most left, and the emptier of two that have the same', () => {
    const nodes = [node('a'), node('b')];
    expect(chooseNode(pod('new'), nodes, [])).toEqual({ kind: 'chosen', node: 'a' });
    expect(chooseNode(pod('new'), nodes, [pod('old', { nodeName: 'a' })])).toEqual({
      kind: 'chosen',
      node: 'b',
    });
    const busy = [pod('big', { nodeName: 'b' }, '1500m'), pod('small', { nodeName: 'a' }, '100m')];
    expect(chooseNode(pod('new', {}, '300m'), nodes, busy)).toEqual({ kind: 'chosen', node: 'a' });
  });

  test('does not count what has ended', () => {
    const ended = { ...pod('old', { nodeName: 'a' }, '2'), status: { phase: 'Succeeded' } };
    expect(chooseNode(pod('new', {}, '2'), [node('a')], [ended])).toEqual({ kind: 'chosen', node: 'a' });
  });

  test.each([
    ['there is no node', pod('p'), [], [], 'no nodes available to schedule pods'],
    [
      'both are cordoned',
      pod('p'),
      [node('a', { spec: { unschedulable: true } }), node('b', { spec: { unschedulable: true } })],
      [],
      `0/2 nodes are available: 2 node(s) were unschedulable. preemption: 0/2 nodes are available: ${unhelpful(2)}.`,
    ],
    [
      'one is tainted and one is full',
      pod('p', {}, '1'),
      [node('a', { spec: { taints: [{ key: 'colour', value: 'red', effect: 'NoSchedule' }] } }), node('b')],
      [pod('old', { nodeName: 'b' }, '1500m')],
      `0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {colour: red}. preemption: 0/2 nodes are available: ${noVictims(1)}, ${unhelpful(1)}.`,
    ],
    [
      'none has the label',
      pod('p', { nodeSelector: { disk: 'fast' } }),
      [node('a'), node('b', { labels: { disk: 'slow' } })],
      [],
      `0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. preemption: 0/2 nodes are available: ${unhelpful(2)}.`,
    ],
    [
      'the node is not ready',
      pod('p'),
      [node('a', { ready: false })],
      [],
      `0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }. preemption: 0/1 nodes are available: ${unhelpful(1)}.`,
    ],
    [
      'nobody has heard of the node',
      pod('p'),
      [node('a', { ready: 'Unknown' })],
      [],
      `0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }. preemption: 0/1 nodes are available: ${unhelpful(1)}.`,
    ],
    [
      'its port is taken',
      pod('p', { containers: [{ name: 'm', image: 'w', ports: [{ containerPort: 80, hostPort: 80 }] }] }),
      [node('a')],
      [
        pod('q', {
          nodeName: 'a',
          containers: [{ name: 'm', image: 'w', ports: [{ containerPort: 80, hostPort: 80 }] }],
        }),
      ],
      `0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. preemption: 0/1 nodes are available: ${noVictims(1)}.`,
    ],
    [
      'there are as many pods as there may be',
      pod('p'),
      [node('a')],
      [1, 2, 3].map((at) => pod(`q${at}`, { nodeName: 'a' })),
      `0/1 nodes are available: 1 Too many pods. preemption: 0/1 nodes are available: ${noVictims(1)}.`,
    ],
  ] as const)('says why when %s', (_why, wanted, nodes, pods, message) => {
    expect(chooseNode(wanted, nodes, pods)).toEqual({ kind: 'unschedulable', message });
  });

  test.each([
    ['of that key and value', { key: 'colour', operator: 'Equal', value: 'red', effect: 'NoSchedule' }, true],
    ['of any value', { key: 'colour', operator: 'Exists' }, true],
    ['of everything', { operator: 'Exists' }, true],
    ['of another value', { key: 'colour', value: 'blue' }, false],
    ['of another effect', { key: 'colour', operator: 'Exists', effect: 'NoExecute' }, false],
  ])('a toleration %s lets a pod on a tainted node: %j, %s', (_what, toleration, fits) => {
    const tainted = node('a', { spec: { taints: [{ key: 'colour', value: 'red', effect: 'NoSchedule' }] } });
    expect(chooseNode(pod('p', { tolerations: [toleration] }), [tainted], []).kind).toBe(
      fits ? 'chosen' : 'unschedulable',
    );
  });

  test('one term of a required node affinity is enough, and an empty one is never', () => {
    const affinity = (...nodeSelectorTerms: object[]): object => ({
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
    });
    const nodes = [node('a'), node('b', { labels: { zone: 'x' } })];
    const zone = { matchExpressions: [{ key: 'zone', operator: 'In', values: ['x', 'y'] }] };
    const name = { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a'] }] };
    expect(chooseNode(pod('p', affinity(zone)), nodes, [])).toEqual({ kind: 'chosen', node: 'b' });
    expect(chooseNode(pod('p', affinity({}, name)), nodes, [])).toEqual({ kind: 'chosen', node: 'a' });
    expect(chooseNode(pod('p', affinity({})), nodes, []).kind).toBe('unschedulable');
  });

  test.each([
    ['Gt', '4', 'b'],
    ['Lt', '8', 'a'],
    ['Gt', '8', null],
  ])('a required node affinity compares whole numbers: cores %s %s', (operator, value, chosen) => {
    const nodes = ['a', 'b'].map((name, at) => {
      const made = node(name);
      return { ...made, metadata: { ...made.metadata, labels: { cores: String(4 * (at + 1)) } } };
    });
    const nodeSelectorTerms = [{ matchExpressions: [{ key: 'cores', operator, values: [value] }] }];
    const affinity = {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
    };
    const choice = chooseNode(pod('p', { affinity }), nodes, []);
    expect(choice.kind === 'chosen' ? choice.node : null).toBe(chosen);
  });
});
