import { describe, expect, test } from '@jest/globals';
import { legsOf, tunnelLegs } from '../lab/tunnel-sides';
import { planCheck } from './plan-check';
import { readGiven } from './read-given';

const egress = (connection: string, name = 'cluster'): string =>
  `kind: EgressSelectorConfiguration\negressSelections:\n- {name: ${name}, connection: {proxyProtocol: ${connection}}}`;
const plan = (...texts: string[]) => planCheck(texts.flatMap((text, index) => readGiven(text, `f${index}`)));
const named = 'kube-apiserver --egress-selector-config-file=/e';
const ssh = 'kube-apiserver --ssh-user=core --ssh-keyfile=/k';

describe('through what nodes and pods are dialled', () => {
  test.each<[what: string, texts: string[], tunnel: string | undefined, hasFlag: boolean, why: string]>([
    ['nothing of a tunnel', ['kube-apiserver --v=1'], undefined, false, ''],
    ['a file that was not given', [named], 'konnectivity', true, ''],
    ['a file with GRPC', [named, egress('GRPC')], 'konnectivity', true, 'through Konnectivity'],
    [
      'a file with HTTPConnect',
      [named, egress('HTTPConnect', 'Cluster')],
      'konnectivity',
      true,
      'through Konn',
    ],
    ['a file with Direct', [named, egress('Direct')], undefined, false, 'directly'],
    ['a file about etcd alone', [named, egress('GRPC', 'etcd')], undefined, false, 'directly'],
    [
      'a file that no flag names',
      ['kube-apiserver', egress('GRPC')],
      undefined,
      false,
      'names this configuration',
    ],
    ['SSH tunnels', [ssh], 'ssh', false, ''],
  ])('%s', (_, texts, tunnel, hasFlag, why) => {
    const { lab, settings } = plan(...texts);
    expect(lab.settings.tunnel).toBe(tunnel);
    expect(lab.settings.apiserver.some((flag) => flag.startsWith('--egress-selector'))).toBe(hasFlag);
    const flags = texts[0]?.match(/--(egress-selector|ssh)-/g) ?? [];
    const rows = settings.filter(({ name }) => /^--(egress-selector|ssh)-/.test(name));
    expect(rows.map((row) => row.class)).toEqual(flags.map(() => 'used'));
    const row = settings.find(({ name }) => name.startsWith('egressSelections'));
    expect(row?.why ?? '').toContain(why);
    expect(row?.at?.file ?? 'f1').toBe('f1');
  });

  test('what the lab takes for granted of a tunnel is said', () => {
    expect(plan(named).assumptions.join(' ')).toMatch(/was not given: .*one agent, on node-2/);
    expect(plan(named, egress('GRPC')).assumptions.join(' ')).not.toContain('was not given: nodes');
    expect(plan(ssh).assumptions.join(' ')).toContain('SSH server');
  });

  test('k3s has a tunnel of its own, which is not played', () => {
    expect(plan('disable: [traefik]').lab.settings.tunnel).toBeUndefined();
  });

  test.each([
    [[named, egress('Socks')], 'f1:3:47: connection.proxyProtocol of cluster is "Socks"'],
    [[`${ssh} --egress-selector-config-file=/e`], 'both say through what the cluster is dialled'],
    [['kube-apiserver --ssh-user=core'], '--ssh-user "core" is set without --ssh-keyfile'],
  ])('%j is refused', (texts, message) => {
    expect(() => plan(...texts)).toThrow(message);
  });
});

test('a defence that is a tunnel has its legs', () => {
  expect(tunnelLegs('konnectivity-kubelet-ca')).toBe(legsOf.konnectivity);
  expect(tunnelLegs('ssh-tunnel-known-hosts')).toBe(legsOf.ssh);
  expect([tunnelLegs('kubelet-ca'), tunnelLegs('given')]).toEqual([null, null]);
});
