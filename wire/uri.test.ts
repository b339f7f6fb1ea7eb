import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseUri } from './uri';

test.each([
  ['https://Node-1:8443/x?y#z', 'Node-1:8443', 'https://Node-1:8443/x?y#z'],
  ['SPIFFE://cluster/ns', 'cluster', 'spiffe://cluster/ns'],
  ['urn:node:1', '', 'urn:node:1'],
  ['https://user:p%40@host/', 'host', 'https://user:p%40@host/'],
  ['http://[::1]:80/', '[::1]:80', 'http://[::1]:80/'],
  ['http://[fe80::1%25en0]/', '[fe80::1%en0]', 'http://[fe80::1%25en0]/'],
  ['db://a:1,b:2/', 'a:1,b:2', 'db://a:1,b:2/'],
  ['//host/x', 'host', '//host/x'],
  ['///x', '', '///x'],
  ['/x', '', '/x'],
  ['*', '', '*'],
  ['', '', ''],
  ['http://', '', 'http:'],
])('reads %j', (raw, host, text) => {
  expect(parseUri(raw)).toEqual({ kind: 'uri', host, text });
});

test.each([
  [':x', 'parse ":x": missing protocol scheme'],
  ['1a:b', 'parse "1a:b": first path segment in URL cannot contain colon'],
  ['http://h\u0001/', 'parse "http://h\\x01/": net/url: invalid control character in URL'],
  ['http://a b/', 'parse "http://a b/": invalid character " " in host name'],
  ['http://a%20b/', 'parse "http://a%20b/": invalid URL escape "%20"'],
  ['http://h/%zz#f', 'parse "http://h/%zz": invalid URL escape "%zz"'],
  ['http://h#%z', 'parse "http://h#%z": invalid URL escape "%z"'],
  ['http://h:x/', 'parse "http://h:x/": invalid port ":x" after host'],
  ['http://h:80:80/', 'parse "http://h:80:80/": invalid port ":80:80" after host'],
  ['http://[::1/', 'parse "http://[::1/": missing \']\' in host'],
  ['http://[::1]x/', 'parse "http://[::1]x/": invalid port "x" after host'],
  ['http://a[::1]/', 'parse "http://a[::1]/": invalid IP-literal'],
  ['http://[1.2.3.4]/', 'parse "http://[1.2.3.4]/": invalid IP-literal'],
  ['http://u r@h/', 'parse "http://u r@h/": net/url: invalid userinfo'],
  ['http://u%z@h/', 'parse "http://u%z@h/": invalid URL escape "%z"'],
])('refuses %j', (raw, text) => {
  expect(parseUri(raw)).toEqual({ kind: 'uri-fault', text });
});

test('comes to an answer for any ASCII text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), (raw) => {
      expect(['uri', 'uri-fault']).toContain(parseUri(raw).kind);
      expect(['uri', 'uri-fault']).toContain(parseUri(`http://${raw}`).kind);
    }),
  );
});
