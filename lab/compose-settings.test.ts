import { describe, expect, test } from '@jest/globals';
import { parseApiserverFlags } from '../apiserver/flags';
import { parseKubeletConfiguration } from '../kubelet/kubelet-configuration';
import { applyKubeletFlags } from '../kubelet/kubelet-flags';
import { defaultSettings } from '../kubelet/settings';
import { defencesRun } from '../scenarios/vocabulary';
import { composeSettings, defenceOf } from './compose-settings';
import { describeChange, formatFlags, parseFlags } from './flag-file';

const configurationFile = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: { x509: { clientCAFile: /etc/kubernetes/pki/ca.crt } }
`;

const byFlags = [
  'ssh-tunnel',
  'ssh-tunnel-known-hosts',
  'konnectivity',
  'konnectivity-kubelet-ca',
  'none',
  'kubelet-ca',
  'kubelet-ca-cn',
  'kubelet-open',
] as const;

describe('the flags of the lab in containers', () => {
  test.each(byFlags)('%s gives flags that the components accept', (defence) => {
    const flags = composeSettings(defence);
    expect(parseApiserverFlags(flags?.['apiserver.flags'] ?? [], { bindAddress: '127.0.0.1' })).toMatchObject(
      { bindAddress: '0.0.0.0' },
    );
    expect(applyKubeletFlags(flags?.['node-2.flags'] ?? [], null, '127.0.0.1')).toMatchObject({
      hostnameOverride: 'node-2',
      nodeIp: '10.78.2.12',
      address: '0.0.0.0',
    });
  });

  test('the difference between two defences is what an operator would change', () => {
    const [none, kubeletCa] = [composeSettings('none'), composeSettings('kubelet-ca')];
    expect(describeChange(none?.['apiserver.flags'] ?? [], kubeletCa?.['apiserver.flags'] ?? [])).toEqual([
      '+ --kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt',
    ]);
    expect(describeChange(kubeletCa?.['node-1.flags'] ?? [], none?.['node-1.flags'] ?? [])).toEqual([
      '- --tls-cert-file=/etc/kubernetes/pki/kubelet.crt',
      '- --tls-private-key-file=/etc/kubernetes/pki/kubelet.key',
    ]);
  });

  test('kubelet-open makes of a configuration file what a kubelet has without one', () => {
    const flags = composeSettings('kubelet-open')?.['node-1.flags'] ?? [];
    const file = parseKubeletConfiguration(configurationFile, 'kubelet.yaml');
    const { authentication, authorization, readOnlyPort } = applyKubeletFlags(flags, file);
    const alone = defaultSettings('flags-only');
    expect({ authorization, readOnlyPort }).toEqual({
      authorization: alone.authorization,
      readOnlyPort: alone.readOnlyPort,
    });
    expect(authentication).toEqual({ ...alone.authentication, x509: file.authentication.x509 });
    const stock = applyKubeletFlags(composeSettings('none')?.['node-1.flags'] ?? [], file);
    expect(stock.authentication.anonymous.enabled || stock.readOnlyPort !== 0).toBe(false);
  });

  test.each(byFlags)('the flags of %s are recognised', (defence) => {
    const flags = composeSettings(defence);
    expect(flags !== null && defenceOf(flags, defencesRun)).toBe(defence);
  });

  test.each(['client-ca', 'client-insecure'] as const)('%s is no matter of flags', (defence) => {
    expect(composeSettings(defence)).toBeNull();
  });

  test('a lab that could not reach its own kubelets is none', () => {
    expect(composeSettings('kubelet-ca-self-signed')).toBeNull();
  });

  test('flags that somebody else wrote belong to no defence', () => {
    const flags = composeSettings('none');
    const own =
      flags === null ? null : { ...flags, 'apiserver.flags': [...flags['apiserver.flags'], '--v=4'] };
    expect(own !== null && defenceOf(own, defencesRun)).toBeNull();
  });

  test('files hold one flag a line, and comments', () => {
    expect(parseFlags(`# mine\n\n ${formatFlags(['--a=b', '--c'])}`)).toEqual(['--a=b', '--c']);
  });
});
