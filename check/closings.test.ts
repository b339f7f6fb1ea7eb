import { describe, expect, test } from '@jest/globals';
import { sampleCell } from '../report/matrix-sample.test.data';
import { closingsFor } from './closings';
import { compareClosing, pathsToClose, stillOpen } from './compare-closing';
import { planCheck } from './plan-check';
import { readGiven } from './read-given';

const settingsOf = (...texts: string[]) =>
  planCheck(texts.flatMap((text, index) => readGiven(text, `f${index}`))).lab.settings;
const kubeadm = 'kind: ClusterConfiguration';
const verifying = `${kubeadm}\napiServer: {extraArgs: {kubelet-certificate-authority: /ca}}`;

describe('what is tried', () => {
  test.each<[string, string[], string[]]>([
    ['kubeadm', [kubeadm], ['kubelet-ca']],
    ['the flag with self-signed kubelets', [verifying], ['serving']],
    ['all of it', [verifying, 'kind: KubeletConfiguration\nserverTLSBootstrap: true'], []],
    ['an open kubelet', ['kubelet --v=1'], ['kubelet-ca', 'kubelet-authentication', 'all']],
    [
      'a kubeconfig that skips verification',
      [kubeadm, 'kind: Config\nclusters: [{cluster: {insecure-skip-tls-verify: true}}]'],
      ['kubelet-ca', 'client-ca', 'all'],
    ],
  ])('for %s', (_, texts, ids) => {
    expect(closingsFor(settingsOf(...texts)).map(({ id }) => id)).toEqual(ids);
  });

  test('nothing is left to be tried once all of it is in force', () => {
    const settings = settingsOf('kubelet --v=1', 'kube-apiserver --v=1');
    const last = closingsFor(settings).at(-1);
    expect(last?.id).toBe('all');
    expect(closingsFor(last?.apply(settings) ?? settings)).toEqual([]);
  });
});

describe('what came of it', () => {
  const cell = (
    path: Parameters<typeof sampleCell>[0],
    verdict: 'relayed' | 'impersonated' | 'refused' | 'broken',
  ) => ({
    ...sampleCell(path, 'none', 'relay'),
    defence: 'given' as const,
    verdict,
  });
  const before = [
    cell('logs', 'relayed'),
    cell('exec', 'relayed'),
    cell('attach', 'broken'),
    cell('node-proxy', 'relayed'),
    cell('kubectl-api', 'refused'),
  ];

  test('only what is open or fails is tried again', () => {
    expect(pathsToClose(before)).toEqual(['logs', 'exec', 'attach', 'node-proxy']);
  });

  test('is told from the cells of both labs', () => {
    const after = [
      cell('logs', 'refused'),
      cell('exec', 'impersonated'),
      cell('attach', 'refused'),
      cell('node-proxy', 'relayed'),
    ];
    expect(compareClosing({ id: 'x', setting: '--x' }, before, after)).toEqual({
      id: 'x',
      setting: '--x',
      closes: ['logs'],
      lessens: [{ path: 'exec', from: 'relayed', to: 'impersonated' }],
      mends: ['attach'],
      leaves: ['node-proxy'],
    });
  });

  test('what fails without an attacker does not stay open', () => {
    const closing = { id: 'x', setting: '--x', lessens: [], mends: [], leaves: [] };
    expect(stillOpen(before, [])).toEqual(['logs', 'exec', 'node-proxy']);
    expect(stillOpen(before, [{ ...closing, closes: ['logs', 'exec'] }])).toEqual(['node-proxy']);
  });

  test('what a setting breaks is not closed by it', () => {
    const outcome = compareClosing({ id: 'x', setting: '--x' }, before, [cell('logs', 'broken')]);
    expect(outcome).toMatchObject({ closes: [], lessens: [], leaves: ['logs'] });
  });
});
