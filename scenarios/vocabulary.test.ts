import { describe, expect, test } from '@jest/globals';
import { nearestNames } from '../nearest';
import {
  clientTechniques,
  defaultDefences,
  defaultTechniques,
  defenceIds,
  defencesRun,
  guards,
  isOpen,
  kindOf,
  pathIds,
  pathsRun,
  positionIds,
  techniqueIds,
  techniques,
  techniquesRun,
  type VerdictId,
  verdictIds,
  verdicts,
  worstVerdict,
} from './vocabulary';

const everyId: readonly string[] = [
  ...pathIds,
  ...defenceIds,
  ...techniqueIds,
  ...positionIds,
  ...verdictIds,
];

describe('the vocabulary', () => {
  test('has no id twice, over all kinds', () => {
    expect(new Set(everyId).size).toBe(everyId.length);
  });

  test('spells every id in lower case with hyphens', () => {
    expect(everyId.filter((id) => !/^[a-z]+(-[a-z]+)*$/.test(id))).toEqual([]);
  });

  test('runs these paths and defences, and nineteen techniques, in this release', () => {
    expect(pathsRun).toEqual([
      'logs',
      'logs-skip-verify',
      'exec',
      'attach',
      'port-forward',
      'node-proxy',
      'node-proxy-http',
      'node-proxy-https',
      'pod-proxy-http',
      'pod-proxy-https',
      'service-proxy-http',
      'service-proxy-https',
      'kubelet-api',
      'kubelet-bootstrap',
      'kube-proxy-api',
      'pod-api',
      'controller-manager-api',
      'scheduler-api',
      'kubectl-api',
      'metrics-scrape',
    ]);
    expect(defencesRun).toEqual([
      'none',
      'kubelet-ca',
      'kubelet-ca-self-signed',
      'kubelet-ca-cn',
      'ssh-tunnel',
      'ssh-tunnel-known-hosts',
      'konnectivity',
      'konnectivity-kubelet-ca',
      'kubelet-open',
      'client-ca',
      'client-insecure',
    ]);
    expect(defaultDefences).toEqual(['none', 'kubelet-ca', 'client-ca', 'client-insecure']);
    expect(techniquesRun).toHaveLength(19);
    expect(defaultTechniques).toEqual(['tap', 'self-signed', 'rogue-ca', 'relay']);
    expect(clientTechniques).toEqual([...defaultTechniques, 'replay']);
  });

  test('has a defence speak about one direction', () => {
    expect(guards('kubelet-ca', 'logs')).toBe(true);
    expect(guards('kubelet-ca', 'kubelet-api')).toBe(false);
    expect(guards('client-ca', 'metrics-scrape')).toBe(true);
    expect(guards('client-insecure', 'exec')).toBe(false);
  });

  test('asks for nothing but a network position in the default set', () => {
    for (const word of techniques.filter((entry) => entry.set === 'default')) {
      expect(word.needs).toBe('network position');
    }
    for (const word of techniques.filter((entry) => entry.set === 'all')) {
      expect(word.needs).not.toBe('network position');
    }
  });

  test('ranks verdicts by damage', () => {
    const ranked = verdicts
      .filter((word) => word.severity !== null)
      .sort((a, b) => (a.severity ?? 0) - (b.severity ?? 0))
      .map((word) => word.id);
    expect(ranked).toEqual([
      'sealed',
      'refused',
      'denied',
      'impersonated',
      'relayed',
      'plaintext',
      'hijacked',
    ]);
    expect(verdictIds.filter(isOpen)).toEqual(['impersonated', 'relayed', 'plaintext', 'hijacked']);
  });

  test.each([
    ['logs', 'path'],
    ['kubelet-ca', 'defence'],
    ['relay', 'technique'],
    ['compromised-node', 'position'],
    ['relayed', 'verdict'],
    ['relays', null],
  ])('%s is a %s', (id, kind) => {
    expect(kindOf(id)).toBe(kind);
  });
});

describe('the worst verdict', () => {
  test.each<[VerdictId[], VerdictId]>([
    [['sealed', 'refused', 'refused', 'refused'], 'refused'],
    [['sealed', 'impersonated', 'denied'], 'impersonated'],
    [['plaintext', 'relayed', 'not-applicable'], 'plaintext'],
    [['broken', 'sealed', 'refused'], 'broken'],
    [['broken', 'denied'], 'broken'],
    [['broken', 'impersonated'], 'impersonated'],
    [['not-applicable', 'sealed'], 'sealed'],
    [['not-applicable'], 'not-applicable'],
    [[], 'not-applicable'],
  ])('of %j is %s', (among, worst) => {
    expect(worstVerdict(among)).toBe(worst);
    expect(worstVerdict([...among].reverse())).toBe(worst);
  });
});

describe('the nearest ids', () => {
  test.each([
    ['log', pathIds, 'logs'],
    ['LOGS', pathIds, 'logs'],
    ['exce', pathIds, 'exec'],
    ['portforward', pathIds, 'port-forward'],
    ['pod_proxy_https', pathIds, 'pod-proxy-https'],
    ['kubelet-cs', defenceIds, 'kubelet-ca'],
    ['selfsigned', techniqueIds, 'self-signed'],
    ['neighbor', techniqueIds, 'neighbour'],
  ])('of %s begin with the one that was meant', (word, known, first) => {
    expect(nearestNames(word, known)[0]).toBe(first);
  });

  test('are at most three', () => {
    expect(nearestNames('proxy', pathIds)).toHaveLength(3);
  });

  test.each(['', 'quaternion', 'x'])('of %j are none', (word) => {
    expect(nearestNames(word, pathIds)).toEqual([]);
  });
});
