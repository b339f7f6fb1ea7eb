import { describe, expect, test } from '@jest/globals';
import { parseKubeletConfiguration } from '../../kubelet/kubelet-configuration';
import { applyKubeletFlags } from '../../kubelet/kubelet-flags';
import { composeSettings } from '../compose-settings';
import { describeChange } from '../flag-file';
import { type ComposeChanges, composeChanges } from './compose-changes';
import { stockCluster as stock } from './scenario-file';

/** What a kubelet reads on node-1. */
function kubeletSettings(changes: ComposeChanges | null) {
  const { content, name } = changes?.configuration ?? { content: '', name: '' };
  return applyKubeletFlags(
    changes?.flags['node-1.flags'] ?? [],
    parseKubeletConfiguration(content, name, '127.0.0.1'),
    '127.0.0.1',
  );
}

describe('the differences of a cluster, in the lab in containers', () => {
  test('that are a defence and no more are its flags', () => {
    expect(composeChanges({ ...stock, defence: 'kubelet-open' }, '/settings')).toEqual({
      flags: composeSettings('kubelet-open'),
      configuration: null,
    });
    expect(composeChanges({ ...stock, defence: 'client-insecure' }, '/settings')).toBeNull();
  });

  test('are flags of the apiserver behind all others', () => {
    const changes = composeChanges({ ...stock, apiserver: ['--anonymous-auth=false'] }, '/settings');
    expect(changes?.flags['apiserver.flags'].at(-1)).toBe('--anonymous-auth=false');
    expect(changes?.flags['node-1.flags']).toEqual(composeSettings('none')?.['node-1.flags']);
  });

  test('are a file that the kubelets are told to read, with another name for other fields', () => {
    const of = (readOnlyPort: number) => composeChanges({ ...stock, kubelet: { readOnlyPort } }, '/settings');
    const [changes, others] = [of(10255), of(0)];
    const name = changes?.configuration?.name ?? '';
    expect(name).toMatch(/^kubelet-[0-9a-f]{12}\.yaml$/);
    expect(
      describeChange(composeSettings('none')?.['node-2.flags'] ?? [], changes?.flags['node-2.flags'] ?? []),
    ).toEqual(['- --config=/etc/kubernetes/kubelet.yaml', `+ --config=/settings/${name}`]);
    expect(others?.configuration?.name).not.toBe(name);
  });

  test('stand over those of the defence, whose flags would outweigh the file', () => {
    const kubelet = { readOnlyPort: 0, address: '0.0.0.0' };
    const settings = kubeletSettings(composeChanges({ ...stock, defence: 'kubelet-open', kubelet }, '/s'));
    expect(settings).toMatchObject({
      readOnlyPort: 0,
      address: '0.0.0.0',
      authentication: {
        anonymous: { enabled: true },
        webhook: { enabled: false },
        x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' },
      },
      authorization: { mode: 'AlwaysAllow' },
    });
  });

  test('take the place of flags that every apiserver has', () => {
    const flag = '--enable-admission-plugins=NodeRestriction';
    const stockFlags = composeSettings('none')?.['apiserver.flags'] ?? [];
    for (const [other, said] of [
      ['', []],
      ['--v=4', ['+ --v=4']],
    ] as const) {
      const changes = composeChanges({ ...stock, insteadOf: { [flag]: other } }, '/settings');
      expect(describeChange(stockFlags, changes?.flags['apiserver.flags'] ?? [])).toEqual([
        `- ${flag}`,
        ...said,
      ]);
    }
  });

  test('give kubelets that ask for a certificate the one that they would get', () => {
    const of = (serverTLSBootstrap: boolean) =>
      kubeletSettings(composeChanges({ ...stock, kubelet: { serverTLSBootstrap } }, '/s'));
    expect(of(true).tlsCertFile).toBe('/etc/kubernetes/pki/kubelet.crt');
    expect(of(false).tlsCertFile).toBe('');
  });

  test('leave a kubelet the certificate of its defence', () => {
    const kubelet = { tlsMinVersion: 'VersionTLS13' };
    const settings = kubeletSettings(composeChanges({ ...stock, defence: 'kubelet-ca', kubelet }, '/s'));
    expect(settings).toMatchObject({
      tlsMinVersion: 'TLSv1.3',
      tlsCertFile: '/etc/kubernetes/pki/kubelet.crt',
      serverTLSBootstrap: false,
    });
  });
});
