import { describe, expect, test } from '@jest/globals';
import { type Attempt, identify, presentedToken } from './authentication';

const alice: Attempt = { kind: 'user', user: { name: 'alice', groups: ['dev'] } };
const bob: Attempt = { kind: 'user', user: { name: 'bob', groups: ['system:authenticated'] } };
const nothing: Attempt = { kind: 'not-presented' };
const bad: Attempt = { kind: 'unacceptable', text: 'bad' };

describe('identify', () => {
  test.each([
    ['a good certificate', alice, nothing, false, 'alice'],
    ['a good certificate and a bad token', alice, bad, false, 'alice'],
    ['a good token', nothing, bob, false, 'bob'],
    ['a bad certificate and a good token', bad, bob, true, 'bob'],
    ['nothing, anonymous allowed', nothing, nothing, true, 'system:anonymous'],
    ['nothing, anonymous not allowed', nothing, nothing, false, null],
    ['a bad certificate, anonymous allowed', bad, nothing, true, null],
    ['a bad token, anonymous allowed', nothing, bad, true, null],
    ['a bad certificate and a bad token', bad, bad, true, null],
  ])('%s', async (_name, certificate, token, anonymous, expected) => {
    const identity = await identify(certificate, async () => token, anonymous);
    expect(identity.kind === 'user' ? identity.user.name : null).toBe(expected);
  });

  test('everybody who is somebody is authenticated, and anonymous is not', async () => {
    const groups = async (certificate: Attempt, token: Attempt) => {
      const identity = await identify(certificate, async () => token, true);
      return identity.kind === 'user' ? identity.user.groups : null;
    };
    expect(await groups(alice, nothing)).toEqual(['dev', 'system:authenticated']);
    expect(await groups(nothing, bob)).toEqual(['system:authenticated']);
    expect(await groups(nothing, nothing)).toEqual(['system:unauthenticated']);
  });

  test('a token is not looked at when the certificate was enough', async () => {
    const token = async (): Promise<Attempt> => {
      throw new Error('looked at');
    };
    expect(await identify(alice, token, false)).toMatchObject({ by: 'x509' });
  });
});

describe('presentedToken', () => {
  const websocket = (protocols: string) => ({
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-protocol': protocols,
  });
  const prefix = 'base64url.bearer.authorization.k8s.io.';
  const invalid = 'invalid base64.bearer.authorization token';
  test.each([
    [{ authorization: 'Bearer abc' }, 'abc'],
    [{ authorization: 'bearer abc' }, 'abc'],
    [{ authorization: 'Bearer' }, null],
    [{ authorization: 'Bearer ' }, null],
    [{ authorization: 'Bearer  abc' }, null],
    [{ authorization: 'Basic abc' }, null],
    [{}, null],
    [websocket(`${prefix}YWJj, v4.channel.k8s.io`), 'abc'],
    [{ 'sec-websocket-protocol': `${prefix}YWJj` }, null],
    [websocket('v4.channel.k8s.io'), null],
    [websocket(`${prefix}YWJj`), 'error: missing additional subprotocol'],
    [
      websocket(`${prefix}YWJj, ${prefix}YWJj, x`),
      'error: multiple base64.bearer.authorization tokens specified',
    ],
    [websocket(`${prefix}YW=, x`), `error: ${invalid} encoding`],
    [websocket(`${prefix}_w, x`), `error: ${invalid}`],
  ])('%j presents %j', (headers, expected) => {
    const presented = presentedToken(headers);
    const shown =
      presented.kind === 'token'
        ? presented.token
        : presented.kind === 'unacceptable'
          ? `error: ${presented.text}`
          : null;
    expect(shown).toBe(expected);
  });
});
