import { describe, expect, test } from '@jest/globals';
import { parseApiserverFlags } from '../apiserver/flags';
import { applyKubeletFlags } from '../kubelet/kubelet-flags';
import { defencesRun } from '../scenarios/vocabulary';
import { composeSettings, defenceOf } from './compose-settings';
import { describeChange, formatFlags, parseFlags } from './flag-file';

describe('the flags of the lab in containers', () => {
  test.each(defencesRun)('%s gives flags that the components accept', (defence) => {
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

  test.each(defencesRun)('the flags of %s are recognised', (defence) => {
    const flags = composeSettings(defence);
    expect(flags !== null && defenceOf(flags, defencesRun)).toBe(defence);
  });

  test('flags that somebody else wrote belong to no defence', () => {
    const flags = composeSettings('none');
    const own =
      flags === null ? null : { ...flags, 'apiserver.flags': [...flags['apiserver.flags'], '--v=4'] };
    expect(own !== null && defenceOf(own, defencesRun)).toBeNull();
  });

  test('a defence that this release does not run has none', () => {
    expect(composeSettings('konnectivity')).toBeNull();
  });

  test('files hold one flag a line, and comments', () => {
    expect(parseFlags(`# mine\n\n ${formatFlags(['--a=b', '--c'])}`)).toEqual(['--a=b', '--c']);
  });
});
