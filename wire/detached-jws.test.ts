import { expect, test } from '@jest/globals';
import { detachedJws, isDetachedJwsOf, parseBootstrapToken } from './detached-jws';

/** The vector of k8s.io/cluster-bootstrap token/jws/jws_test.go. */
const content = 'Hello from the other side. I must have called a thousand times.';
const token = { id: 'joshua', secret: 'my voice is my passcode' };
const jws = 'eyJhbGciOiJIUzI1NiIsImtpZCI6Impvc2h1YSJ9..VShe2taLd-YTrmWuRkcL_8QTNDHYxQIEBsAYYiIj1_8';

test('a detached JWS is the one that Kubernetes computes', () => {
  expect(detachedJws(content, token)).toBe(jws);
});

test.each([
  ['the same', content, token, jws, true],
  ['another content', `${content} `, token, jws, false],
  ['another id', content, { ...token, id: 'joshub' }, jws, false],
  ['another secret', content, { ...token, secret: 'my voice' }, jws, false],
  ['nothing', content, token, '', false],
])('is believed of %s: %#', (_what, said, by, given, believed) => {
  expect(isDetachedJwsOf(given, said, by)).toBe(believed);
});

test.each([
  ['abcdef.0123456789abcdef', { id: 'abcdef', secret: '0123456789abcdef' }],
  ['abcdef.0123456789abcde', null],
  ['ABCDEF.0123456789abcdef', null],
  ['abcdef.0123456789abcdef\n', null],
])('the token %j', (text, parsed) => {
  expect(parseBootstrapToken(text)).toEqual(parsed);
});
