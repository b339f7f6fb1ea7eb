import { expect, test } from '@jest/globals';
import type { NodeAddress } from '../api/objects';
import { servingTemplate } from './serving-template';

/** Cases of pkg/kubelet/certificate/kubelet_test.go (TestAddressesToHostnamesAndIPs) among them. */
test.each<[string, NodeAddress[], string[] | null, string[]]>([
  ['no address', [], null, []],
  ['a host name alone', [{ type: 'Hostname', address: 'h' }], null, []],
  ['an empty one', [{ type: 'InternalIP', address: '' }], null, []],
  ['a host name that is an address', [{ type: 'Hostname', address: '10.0.0.1' }], [], ['10.0.0.1']],
  [
    'all kinds, and twice',
    [
      { type: 'InternalIP', address: '2.2.2.2' },
      { type: 'Hostname', address: 'hostname' },
      { type: 'ExternalIP', address: '3.3.3.3' },
      { type: 'ExternalDNS', address: 'external' },
      { type: 'InternalDNS', address: 'internal' },
      { type: 'ExternalIP', address: '3.3.3.3' },
      { type: 'ExternalDNS', address: 'external' },
    ],
    ['external', 'hostname', 'internal'],
    ['2.2.2.2', '3.3.3.3'],
  ],
  [
    'an address that is a name',
    [
      { type: 'InternalIP', address: 'name' },
      { type: 'ExternalIP', address: '1.1.1.1' },
    ],
    [],
    ['1.1.1.1'],
  ],
])('a serving certificate for %s', (_what, addresses, dnsNames, ipAddresses) => {
  expect(servingTemplate('n', addresses)).toEqual(
    dnsNames === null
      ? null
      : { commonName: 'system:node:n', organizations: ['system:nodes'], dnsNames, ipAddresses },
  );
});
