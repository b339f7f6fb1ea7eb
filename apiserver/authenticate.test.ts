import { beforeAll, describe, expect, test } from '@jest/globals';
import { createAuthority } from '../pki/authority';
import { type AuthenticatorOptions, authenticate } from './authenticate';

const base: AuthenticatorOptions = {
  judgeClient: () => ({ ok: true }),
  anonymous: true,
  authenticateToken: (token) => (token === 'good' ? { name: 'token-user', groups: [] } : null),
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
    });
  });

  test('refuses a token that nobody knows', () => {
    expect(authenticate({ ...none, authorization: 'Bearer bad' }, base)).toEqual({
      kind: 'unauthenticated',
      reasons: ['invalid bearer token'],
    });
  });

  test('refuses everybody without credentials when anonymous is off', () => {
    expect(authenticate(none, { ...base, anonymous: false })).toEqual({
      kind: 'unauthenticated',
      reasons: [],
    });
  });
});
