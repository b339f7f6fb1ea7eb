import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../api/objects';
import { generateSigningKey, signJwt } from '../../pki/jwt';
import { kindOf } from '../registry';
import { add, testingCluster } from '../testing-cluster';
import { legacyTokenAuthenticator } from './legacy-token';

const key = generateSigningKey();
const now = new Date('2025-06-01T12:00:00Z');
const prefix = 'kubernetes.io/serviceaccount';
const place = { namespace: 'default' };

/** An account with a Secret that holds its token, as the token controller leaves them. */
function setting() {
  const cluster = testingCluster(now);
  const account = add(cluster, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'robot', ...place },
  }).object;
  const claims = {
    iss: 'kubernetes/serviceaccount',
    sub: 'system:serviceaccount:default:robot',
    [`${prefix}/namespace`]: 'default',
    [`${prefix}/service-account.name`]: 'robot',
    [`${prefix}/service-account.uid`]: account.metadata.uid,
    [`${prefix}/secret.name`]: 'robot-token',
  };
  const sign = (changed: object = {}): string => signJwt({ ...claims, ...changed }, key);
  const token = sign();
  const secret = (text: string, labels: Readonly<Record<string, string>> = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/service-account-token',
    metadata: {
      name: 'robot-token',
      ...place,
      labels,
      annotations: { 'kubernetes.io/service-account.name': 'robot' },
    },
    data: { token: Buffer.from(text).toString('base64') },
  });
  const labelled: string[] = [];
  const judge = (shown: string, audiences = ['api']) =>
    legacyTokenAuthenticator({
      keys: [key],
      apiAudiences: ['api'],
      now: () => now,
      find: (resource, namespace, name) => cluster.storage.get(kindOf(resource), namespace, name),
      label: (_secret, name, value) => labelled.push(`${name}=${value}`),
    })(shown, audiences);
  const put = (text: string, labels: Readonly<Record<string, string>> = {}): void => {
    cluster.storage.delete(kindOf('secrets'), 'default', 'robot-token');
    add(cluster, secret(text, labels));
  };
  put(token);
  return { cluster, sign, token, put, judge, labelled };
}

describe('a token out of a Secret', () => {
  test('is good without an end, for the apiserver alone, and its use is noted', () => {
    const { token, judge, labelled, put } = setting();
    expect(judge(token)).toMatchObject({
      kind: 'user',
      user: {
        name: 'system:serviceaccount:default:robot',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:default'],
      },
      annotations: {
        'authentication.k8s.io/legacy-token': 'system:serviceaccount:default:robot',
        'authentication.k8s.io/legacy-token-manual-secret': 'robot-token',
      },
    });
    expect(judge(token, ['vault'])).toEqual({
      kind: 'error',
      text: 'token audiences ["api"] is invalid for the target audiences ["vault"]',
    });
    expect(labelled).toEqual(['kubernetes.io/legacy-token-last-used=2025-06-01']);
    put(token, { 'kubernetes.io/legacy-token-last-used': '2025-06-01' });
    judge(token);
    expect(labelled).toHaveLength(1);
  });

  test.each<[string, (made: ReturnType<typeof setting>) => string, string]>([
    ['another issuer', ({ sign }) => sign({ iss: 'x' }), 'no opinion'],
    ['no subject', ({ sign }) => sign({ sub: undefined }), 'sub claim is missing'],
    [
      'somebody else’s subject',
      ({ sign }) => sign({ sub: 'system:serviceaccount:default:x' }),
      'sub claim is invalid',
    ],
    ['no secret', ({ sign }) => sign({ [`${prefix}/secret.name`]: '' }), 'secretName claim is missing'],
    ['other content', ({ sign }) => sign({ nonce: '1' }), "Token does not match server's copy"],
  ])('with %s is refused', (_name, tokenOf, expected) => {
    const made = setting();
    const verdict = made.judge(tokenOf(made));
    expect(verdict.kind === 'error' ? verdict.text : 'no opinion').toBe(expected);
  });

  test('ends with its Secret, with its account, and with a label', () => {
    const { cluster, token, put, judge } = setting();
    put(token, { 'kubernetes.io/legacy-token-invalid-since': '2025-05-01' });
    expect(judge(token)).toMatchObject({
      text: expect.stringMatching(/^the token in secret default\/robot-token .* has been marked invalid\. /),
    });
    put(token);
    cluster.storage.delete(kindOf('serviceaccounts'), 'default', 'robot');
    expect(judge(token)).toMatchObject({ text: 'serviceaccounts "robot" not found' });
    cluster.storage.delete(kindOf('secrets'), 'default', 'robot-token');
    expect(judge(token)).toMatchObject({ text: 'Token has been invalidated' });
  });
});
