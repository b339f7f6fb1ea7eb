import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { judgeHostKey, parseKnownHosts } from './known-hosts';

const key = keyOf('ssh-ed25519', 'the key of node-1');
const other = keyOf('ssh-ed25519', 'the key of the attacker');

function keyOf(type: string, secret: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type), Buffer.from(secret)]);
}

function lineOf(hosts: string, of: Buffer = key): string {
  return `${hosts} ssh-ed25519 ${of.toString('base64')}`;
}

const salt = Buffer.from('salt of twenty bytes');
const hashed = `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update('10.0.0.11').digest('base64')}`;

describe('known hosts', () => {
  test.each([
    ['its address', lineOf('10.0.0.11'), null],
    ['its address among others', lineOf('node-1,10.0.0.11 '), null],
    ['its hashed address', lineOf(hashed), null],
    ['a pattern', lineOf('10.0.0.*'), null],
    ['several keys', `${lineOf('10.0.0.11', other)}\n${lineOf('10.0.0.11')}`, null],
    ['a comment and an empty line', `# nodes\n\n${lineOf('10.0.0.11')} node-1`, null],
    ['another key', lineOf('10.0.0.11', other), 'knownhosts: key mismatch'],
    ['another host', lineOf('10.0.0.12'), 'knownhosts: key is unknown'],
    ['a pattern that leaves it out', lineOf('10.0.0.*,!10.0.0.11'), 'knownhosts: key is unknown'],
    ['another port', lineOf('[10.0.0.11]:2222'), 'knownhosts: key is unknown'],
    ['nothing', '', 'knownhosts: key is unknown'],
    ['a revocation', `@revoked * ${lineOf('').trim()}\n${lineOf('10.0.0.11')}`, 'knownhosts: key is revoked'],
  ])('that say %s', (_, text, verdict) => {
    expect(judgeHostKey(parseKnownHosts(text, 'known_hosts'), '10.0.0.11', 22, key)).toBe(verdict);
  });

  test('name a port that is not 22 in brackets', () => {
    const known = parseKnownHosts(lineOf('[10.0.0.11]:2222'), 'known_hosts');
    expect(judgeHostKey(known, '10.0.0.11', 2222, key)).toBeNull();
  });

  test.each([
    ['10.0.0.11', 'known_hosts: line 2: want a host, a key type and a key'],
    ['@cert-authority * ssh-ed25519 AAAA', /certificates of hosts are not supported here/],
    ['@trusted * ssh-ed25519 AAAA', /unknown marker "@trusted"/],
    ['10.0.0.11 ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAA', /not of the type that it is called: "ssh-rsa"/],
    ['10.0.0.11 ssh-rsa !', /not of the type/],
  ])('refuse %j', (line, words) => {
    expect(() => parseKnownHosts(`# first\n${line}`, 'known_hosts')).toThrow(words);
  });
});
