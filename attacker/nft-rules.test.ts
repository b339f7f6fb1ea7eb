import { describe, expect, test } from '@jest/globals';
import {
  isIpv4,
  isPort,
  type Redirect,
  removeTable,
  renderPretences,
  renderRedirect,
  renderTable,
} from './nft-rules';

const kubelet: Redirect = {
  arrivingAt: 'eth0',
  to: { address: '10.78.2.11', port: 10250 },
  deliverTo: { address: '10.78.1.2', port: 40001 },
};
const apiserver: Redirect = {
  arrivingAt: 'eth1',
  to: { address: '10.78.1.10', port: 6443 },
  deliverTo: { address: '10.78.1.2', port: 40002 },
};
const kubeletRule =
  'iifname "eth0" ip daddr 10.78.2.11 tcp dport 10250 ' +
  'tcp flags & (fin | syn | rst | ack) == syn dnat to 10.78.1.2:40001';

describe("the router's rules", () => {
  test.each([
    ['nothing redirected', [], []],
    ['one endpoint', [kubelet], [kubeletRule]],
    [
      'one on either side',
      [kubelet, apiserver],
      [
        kubeletRule,
        'iifname "eth1" ip daddr 10.78.1.10 tcp dport 6443 ' +
          'tcp flags & (fin | syn | rst | ack) == syn dnat to 10.78.1.2:40002',
      ],
    ],
  ])('with %s, replace the table of their own in one script', (_, redirects, rules) => {
    expect(renderTable(redirects).split('\n')).toEqual([
      'table ip midplane',
      'delete table ip midplane',
      'table ip midplane {',
      '  chain prerouting {',
      '    type nat hook prerouting priority -100; policy accept;',
      ...rules.map((rule) => `    ${rule}`),
      '  }',
      '}',
      '',
    ]);
  });

  test('have this machine speak in the name of another address', () => {
    const to = { address: '10.78.1.10', port: 33434 };
    expect(renderPretences([{ to, from: '10.78.1.254' }]).split('\n')).toEqual([
      'table ip midplane',
      'delete table ip midplane',
      'table ip midplane {',
      '  chain postrouting {',
      '    type nat hook postrouting priority 100; policy accept;',
      '    ip daddr 10.78.1.10 udp dport 33434 snat to 10.78.1.254',
      '  }',
      '}',
      '',
    ]);
    expect(() => renderPretences([{ to, from: '10.78.1.254; accept' }])).toThrow(RangeError);
  });

  test('touch no table but their own, and are gone afterwards', () => {
    expect(removeTable()).toBe('table ip midplane\ndelete table ip midplane\n');
    for (const script of [renderTable([kubelet]), removeTable()]) expect(script).not.toContain('flush');
  });

  test.each<[string, Partial<Redirect>]>([
    ['an interface that closes its quotation mark', { arrivingAt: 'eth0" accept; #' }],
    ['an interface with a line end', { arrivingAt: 'eth0\n' }],
    ['an interface whose name is too long for Linux', { arrivingAt: 'e'.repeat(16) }],
    ['a target that is a prefix', { to: { address: '0.0.0.0/0', port: 10250 } }],
    ['a target that brings a rule', { to: { address: '10.78.2.11 accept', port: 10250 } }],
    ['a target with an IPv6 address', { to: { address: 'fd00::11', port: 10250 } }],
    ['port 0', { to: { address: '10.78.2.11', port: 0 } }],
    ['a port that is no whole number', { deliverTo: { address: '10.78.1.2', port: 1.5 } }],
    ['a port that is too great', { deliverTo: { address: '10.78.1.2', port: 65_536 } }],
  ])('are never made of %s', (_, fault) => {
    expect(() => renderRedirect({ ...kubelet, ...fault })).toThrow(RangeError);
  });
});

describe('an address', () => {
  test.each(['0.0.0.0', '10.78.2.11', '255.255.255.255', '1.20.200.9'])('may be %s', (text) => {
    expect(isIpv4(text)).toBe(true);
  });

  test.each(['', '10.78.2', '10.78.2.11.', '.10.78.2.11', '10.78.2.256', '10.78.02.11', '10.78.2.11\n', 'a'])(
    'is not %j',
    (text) => {
      expect(isIpv4(text)).toBe(false);
    },
  );

  test.each([
    [0, false],
    [1, true],
    [65_535, true],
    [65_536, false],
    [Number.NaN, false],
  ])('has a port, and %d is one: %s', (number, is) => {
    expect(isPort(number)).toBe(is);
  });
});
