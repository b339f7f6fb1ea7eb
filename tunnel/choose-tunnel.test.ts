import { describe, expect, test } from '@jest/globals';
import { chooseTunnel, pickRandom, tunnelAddresses } from './choose-tunnel';

const last = ({ length }: readonly string[]): number => length - 1;

describe('the choice of a tunnel', () => {
  test.each([
    ['the one of the address', ['10.0.0.11', '10.0.0.12'], '10.0.0.11', { index: 0, own: true }],
    ['any for an address that has none', ['10.0.0.11', '10.0.0.12'], '10.244.1.2', { index: 1, own: false }],
    ['any for a name', ['10.0.0.11', '10.0.0.12'], 'node-1', { index: 1, own: false }],
    ['none when there is none', [], '10.0.0.11', null],
  ])('is %s', (_, addresses, wanted, chosen) => {
    expect(chooseTunnel(addresses, wanted, last)).toEqual(chosen);
  });

  test('falls on every tunnel when it is left to chance', () => {
    const seen = new Set(Array.from({ length: 200 }, () => pickRandom(['10.0.0.11', '10.0.0.12'])));
    expect([...seen].sort()).toEqual([0, 1]);
  });
});

describe('the addresses of tunnels', () => {
  const address = (type: string, value: string) => ({ type, address: value });

  test('are the external ones of the nodes, else the internal ones, and never their names', () => {
    expect(
      tunnelAddresses([
        {
          status: { addresses: [address('InternalIP', '10.0.0.11'), address('ExternalIP', '198.51.100.11')] },
        },
        { status: { addresses: [address('Hostname', 'node-2'), address('InternalIP', '10.0.0.12')] } },
        { status: { addresses: [address('Hostname', 'node-3')] } },
        { status: {} },
        {},
      ]),
    ).toEqual(['198.51.100.11', '10.0.0.12']);
  });
});
