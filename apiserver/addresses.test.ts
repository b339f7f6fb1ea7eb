import { describe, expect, test } from '@jest/globals';
import type { KubeNode, NodeAddress } from '../api/objects';
import { systemRandomness } from '../randomness';
import { allocateClusterIp, inRange, kubernetesServiceIp, parseClusterIpRange } from './cluster-ip';
import { kubeletPort, preferredNodeAddress } from './node-address';
import { isProxyableAddress } from './proxy-address';
import { splitSchemeNamePort } from './scheme-name-port';

function node(addresses: NodeAddress[], port?: number): KubeNode {
  const daemonEndpoints = port === undefined ? {} : { daemonEndpoints: { kubeletEndpoint: { Port: port } } };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n' },
    spec: {},
    status: { addresses, ...daemonEndpoints },
  };
}

describe('the preferred node address', () => {
  const addresses: NodeAddress[] = [
    { type: 'InternalIP', address: '10.0.0.11' },
    { type: 'InternalIP', address: '10.0.0.99' },
    { type: 'Hostname', address: 'node-1' },
  ];

  test('is the first preferred type that the node has, not the first the node lists', () => {
    expect(preferredNodeAddress(node(addresses), ['Hostname', 'InternalIP'])).toEqual({
      kind: 'node-address',
      address: 'node-1',
    });
    expect(preferredNodeAddress(node(addresses), ['ExternalIP', 'InternalIP'])).toEqual({
      kind: 'node-address',
      address: '10.0.0.11',
    });
  });

  test('is refused in the words of fmt when there is none', () => {
    expect(preferredNodeAddress(node(addresses.slice(0, 1)), ['Hostname'])).toEqual({
      kind: 'no-address',
      text: 'no preferred addresses found; known addresses: [{InternalIP 10.0.0.11}]',
    });
    expect(preferredNodeAddress(node([]), ['Hostname'])).toMatchObject({
      text: 'no preferred addresses found; known addresses: []',
    });
  });

  test('comes with the port that the node tells, else with the flag', () => {
    expect(kubeletPort(node([], 10251), 10250)).toBe(10251);
    expect(kubeletPort(node([], 0), 10250)).toBe(10250);
    expect(kubeletPort(node([]), 10250)).toBe(10250);
  });
});

describe('the name in a proxy URL', () => {
  test.each([
    ['web', ['', 'web', '']],
    ['web:', ['', 'web', '']],
    ['web:443', ['', 'web', '443']],
    ['web:http', ['', 'web', 'http']],
    ['https:web:', ['https', 'web', '']],
    ['https:web:443', ['https', 'web', '443']],
    ['http:web:80', ['http', 'web', '80']],
    [':web:80', ['', 'web', '80']],
    ['', null],
    [':80', null],
    ['https::443', null],
    ['ftp:web:21', null],
    ['a:b:c:d', null],
  ])('%j is %j', (id, expected) => {
    const split = splitSchemeNamePort(id);
    expect(split === null ? null : [split.scheme, split.name, split.port]).toEqual(expected);
  });
});

describe('addresses that may be proxied to', () => {
  test.each([
    ['10.0.0.11', true],
    ['192.168.1.1', true],
    ['8.8.8.8', true],
    ['2001:db8::1', true],
    ['fd00::1', true],
    ['240.0.0.1', true],
    ['0.0.0.0', false],
    ['255.255.255.255', false],
    ['127.0.0.1', false],
    ['127.9.9.9', false],
    ['169.254.169.254', false],
    ['224.0.0.1', false],
    ['::', false],
    ['::1', false],
    ['fe80::1', false],
    ['ff02::1', false],
    ['::ffff:127.0.0.1', false],
    ['', false],
    ['node-1', false],
  ])('%j: %s', (address, expected) => {
    expect(isProxyableAddress(address)).toBe(expected);
  });
});

describe('cluster addresses', () => {
  const range = parseClusterIpRange('10.96.0.0/12');

  test('the first belongs to the service kubernetes', () => {
    expect(kubernetesServiceIp(range)).toBe('10.96.0.1');
  });

  test('are in the range and not used twice', () => {
    const small = parseClusterIpRange('10.0.0.0/29');
    const used = new Set<string>();
    for (;;) {
      const next = allocateClusterIp(small, used, systemRandomness);
      if (next === null) break;
      expect(used.has(next)).toBe(false);
      used.add(next);
    }
    expect([...used].sort()).toEqual(['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6']);
  });

  test.each([
    ['10.96.0.10', true],
    ['10.111.255.254', true],
    ['10.111.255.255', false],
    ['10.112.0.1', false],
    ['10.96.0.0', false],
  ])('%s is in 10.96.0.0/12: %s', (address, expected) => {
    expect(inRange(range, address)).toBe(expected);
  });
});
