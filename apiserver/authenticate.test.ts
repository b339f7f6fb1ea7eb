import { beforeAll, describe, expect, test } from '@jest/globals';
import { createAuthority } from '../pki/authority';
import { type AuthenticatorOptions, authenticate } from './authenticate';

const base: AuthenticatorOptions = {
  judgeClient: () => ({ ok: true }),
  anonymous: true,
  authenticateToken: (token) => {
    if (token === 'good') return { kind: 'user', user: { name: 'token-user', groups: [] }, audiences: [] };
    return token === 'old' ? { kind: 'error', text: 'service account token has expired' } : { kind: 'none' };
  },
};
const none = { certificates: [], authorization: '' };
let certificate: Buffer;
let nameless: Buffer;

beforeAll(async () => {
  const authority = await createAuthority({ commonName: 'ca' });
  const der = (pem: string) => Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const jane = await authority.issue({
    commonName: 'jane',
    organizations: ['dev', 'ops'],
    usages: ['clientAuth'],
  });
  const unnamed = await authority.issue({ commonName: '', organizations: ['dev'], usages: ['clientAuth'] });
  certificate = der(jane.certPem);
  nameless = der(unnamed.certPem);
});

describe('authentication', () => {
  test('takes the common name for the user and the organizations for the groups', () => {
    expect(authenticate({ ...none, certificates: [certificate] }, base)).toEqual({
      kind: 'authenticated',
      user: {
        name: 'jane',
        groups: ['dev', 'ops', 'system:authenticated'],
        extra: {
          'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/)],
        },
      },
    });
  });

  test('is anonymous only for who presents nothing', () => {
    const anonymous = {
      kind: 'authenticated',
      user: { name: 'system:anonymous', groups: ['system:unauthenticated'] },
    };
    expect(authenticate(none, base)).toEqual(anonymous);
    expect(authenticate({ ...none, authorization: 'Basic abc' }, base)).toEqual(anonymous);
    expect(authenticate({ ...none, certificates: [nameless] }, base)).toEqual(anonymous);
    expect(authenticate({ ...none, certificates: [certificate] }, { ...base, judgeClient: null })).toEqual(
      anonymous,
    );
  });

  test('refuses a certificate that does not verify, although anonymous is on', () => {
    const refusing = { ...base, judgeClient: () => ({ ok: false as const, error: 'x509: expired' }) };
    expect(authenticate({ ...none, certificates: [certificate] }, refusing)).toEqual({
      kind: 'unauthenticated',
      reasons: ['verifying certificate failed: x509: expired'],
    });
  });

  test('lets a good token make up for a bad certificate', () => {
    const refusing = { ...base, judgeClient: () => ({ ok: false as const, error: 'x509: expired' }) };
    const outcome = authenticate({ certificates: [certificate], authorization: 'bearer good' }, refusing);
    expect(outcome).toEqual({
      kind: 'authenticated',
      user: { name: 'token-user', groups: ['system:authenticated'] },
      audiences: [],
    });
  });

  test.each([
    ['that nobody knows', 'bad', ['invalid bearer token']],
    ['that has expired', 'old', ['invalid bearer token', 'service account token has expired']],
  ])('refuses a token %s, and says why', (_which, token, reasons) => {
    expect(authenticate({ ...none, authorization: `Bearer ${token}` }, base)).toEqual({
      kind: 'unauthenticated',
      reasons,
    });
  });

  const inProtocol = `base64url.bearer.authorization.k8s.io.${Buffer.from('good').toString('base64url')}`;
  test.each([
    [`${inProtocol}, v5.channel.k8s.io`, 'token-user'],
    [inProtocol, ['missing additional subprotocol']],
    [`${inProtocol}, ${inProtocol}, x`, ['multiple base64.bearer.authorization tokens specified']],
    ['base64url.bearer.authorization.k8s.io.!, x', ['invalid base64.bearer.authorization token encoding']],
    ['v5.channel.k8s.io', 'system:anonymous'],
  ])('takes the token of a WebSocket from its subprotocols %s', (webSocketProtocols, expected) => {
    const outcome = authenticate({ ...none, webSocketProtocols }, base);
    expect(outcome.kind === 'authenticated' ? outcome.user.name : outcome.reasons).toEqual(expected);
  });

  test('believes the headers of a front proxy only behind a certificate with an allowed name', () => {
    const headers = [
      ['X-Remote-User', 'carol'],
      ['X-Remote-Group', 'ops'],
      ['X-Remote-Extra-Scopes%2Fa', 'view'],
    ] as const;
    const frontProxy = (allowedNames: string[]) => ({
      judge: () => ({ ok: true as const }),
      allowedNames,
      headers: {
        username: ['X-Remote-User'],
        group: ['X-Remote-Group'],
        uid: ['X-Remote-Uid'],
        extraPrefix: ['X-Remote-Extra-'],
      },
    });
    const asked = { ...none, certificates: [certificate], headers };
    expect(authenticate(asked, { ...base, frontProxy: frontProxy(['jane']) })).toEqual({
      kind: 'authenticated',
      user: { name: 'carol', groups: ['ops', 'system:authenticated'], extra: { 'scopes/a': ['view'] } },
    });
    const other = { ...base, judgeClient: null, frontProxy: frontProxy(['front-proxy-client']) };
    expect(authenticate(asked, other)).toEqual({
      kind: 'unauthenticated',
      reasons: ['x509: subject with cn=jane is not in the allowed list'],
    });
    expect(authenticate({ ...asked, certificates: [] }, other)).toMatchObject({
      user: { name: 'system:anonymous' },
    });
  });

  test('refuses everybody without credentials when anonymous is off', () => {
    expect(authenticate(none, { ...base, anonymous: false })).toEqual({
      kind: 'unauthenticated',
      reasons: [],
    });
  });
});
