import { expect, test } from '@jest/globals';
import { hostsFromLast, parseCidr } from './cidr';

test.each([
  ['10.78.1.66/24', ['10.78.1.254', '10.78.1.253', '10.78.1.252']],
  ['192.168.255.9/30', ['192.168.255.10', '192.168.255.9']],
  ['0.0.0.0/0', ['255.255.255.254', '255.255.255.253', '255.255.255.252']],
  ['10.0.0.1/31', []],
  ['10.0.0.1/32', []],
])('the last addresses for hosts of %s are %j', (text, expected) => {
  const last: string[] = [];
  for (const address of hostsFromLast(parseCidr(text))) {
    last.push(address);
    if (last.length === 3) break;
  }
  expect(last).toEqual(expected);
});
