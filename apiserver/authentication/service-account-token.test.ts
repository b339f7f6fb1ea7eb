import { describe, expect, test } from '@jest/globals';
import { isFailure } from '../../api/failures';
import type { KubeObject } from '../../api/objects';
import type { Cluster } from '../place';
import { kindOf } from '../registry';
import { add, pod, testingCluster } from '../testing-cluster';
import { generateSigningKey, parseJwt } from './jwt';
import { serviceAccountTokenAuthenticator } from './service-account-token';
import { requestToken, type TokenIssuer } from './token-request';

const key = generateSigningKey();
const issuer: TokenIssuer = {
  key,
  issuer: 'https://kubernetes.default.svc',
  apiAudiences: ['api'],
  maxExpirationSeconds: 0,
  extendExpiration: true,
};
const born = new Date('2025-06-01T12:00:00Z');

interface Setting {
  readonly cluster: Cluster;
  readonly issue: (spec?: object, over?: Partial<TokenIssuer>) => string;
  /** Whom a token is taken for, or why it is not, after so many seconds. */
  readonly judge: (token: string, afterSeconds?: number, audiences?: string[]) => unknown;
}

function setting(): Setting {
  const cluster = testingCluster(born);
  add(cluster, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'robot', namespace: 'default' },
  });
  const ask = (spec: object, over: Partial<TokenIssuer>) =>
    requestToken(
      cluster,
      { ...issuer, ...over },
      { namespace: 'default', name: 'robot' },
      { apiVersion: '', kind: '', metadata: { name: '' }, spec },
    );
  return {
    cluster,
    issue: (spec = {}, over = {}) => {
      const outcome = ask(spec, over);
      if (outcome.kind !== 'issued') throw new Error(outcome.message);
      return (outcome.answer['status'] as { token: string }).token;
    },
    judge: (token, afterSeconds = 0, audiences = ['api']) => {
      const verdict = serviceAccountTokenAuthenticator({
        issuers: [issuer.issuer],
        keys: [key],
        apiAudiences: ['api'],
        now: () => new Date(born.getTime() + afterSeconds * 1000),
        find: (resource, namespace, name) => cluster.storage.get(kindOf(resource), namespace, name),
      })(token, audiences);
      if (verdict.kind === 'user') return verdict.user.name;
      return verdict.kind === 'error' ? verdict.text : 'no opinion';
    },
  };
}

function runWith(cluster: Cluster, serviceAccountName: string): KubeObject {
  return add(cluster, pod('web', { serviceAccountName })).object;
}

const robot = 'system:serviceaccount:default:robot';

describe('a service-account token', () => {
  test.each([
    [0, robot],
    [3659, robot],
    [3661, 'service account token has expired'],
    [-61, 'service account token is not valid yet'],
    [-59, robot],
  ])('after %d seconds is judged: %s', (seconds, expected) => {
    const { issue, judge } = setting();
    expect(judge(issue(), seconds)).toBe(expected);
  });

  test('is for its audiences only', () => {
    const { issue, judge } = setting();
    const token = issue({ audiences: ['vault'] });
    expect(judge(token)).toBe('token audiences ["vault"] is invalid for the target audiences ["api"]');
    expect(judge(token, 0, ['x', 'vault'])).toBe(robot);
  });

  test('is nothing to say about for another issuer, and refused for another key', () => {
    const { issue, judge } = setting();
    expect(judge(issue({}, { issuer: 'https://elsewhere' }))).toBe('no opinion');
    expect(judge('not.a.token')).toBe('no opinion');
    expect(judge(issue({}, { key: generateSigningKey() }))).toBe('invalid signature, no keys found');
    const [head, claims, signature = ''] = issue().split('.');
    const other = Buffer.from(
      JSON.stringify({ ...parseJwt(`${head}.${claims}.${signature}`)?.claims, sub: 'system:admin' }),
    ).toString('base64url');
    expect(judge(`${head}.${other}.${signature}`)).toBe('go-jose/go-jose: error in cryptographic primitive');
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    expect(judge(`${none}.${claims}.${signature}`)).toBe('go-jose/go-jose: error in cryptographic primitive');
  });

  test('dies with its account', () => {
    const { cluster, issue, judge } = setting();
    const token = issue();
    cluster.storage.delete(kindOf('serviceaccounts'), 'default', 'robot');
    expect(judge(token)).toBe('serviceaccounts "robot" not found');
    const again = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'robot', namespace: 'default' },
    };
    add(cluster, again);
    expect(judge(token)).toMatch(/^service account UID \(.+\) does not match claim \(.+\)$/);
  });

  test('dies with the pod that it is bound to, although it lives for a year', () => {
    const { cluster, issue, judge } = setting();
    runWith(cluster, 'robot');
    const token = issue({
      expirationSeconds: 3607,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'web' },
    });
    expect(parseJwt(token)?.claims).toMatchObject({
      exp: born.getTime() / 1000 + 31_536_000,
      'kubernetes.io': { warnafter: born.getTime() / 1000 + 3607, pod: { name: 'web' } },
    });
    expect(judge(token, 86_400)).toBe(robot);
    cluster.storage.delete(kindOf('pods'), 'default', 'web');
    expect(judge(token)).toBe('service account token has been invalidated');
  });
});

describe('a TokenRequest', () => {
  const bind = (kind: string, name: string, more: object = {}) => ({
    boundObjectRef: { apiVersion: 'v1', kind, name, ...more },
  });
  test.each([
    [{ expirationSeconds: 599 }, 422, /may not specify a duration less than 10 minutes$/],
    [{ expirationSeconds: 2 ** 33 }, 422, /may not specify a duration larger than 2\^32 seconds$/],
    [bind('Pod', 'gone'), 404, /^pods "gone" not found$/],
    [
      bind('Pod', 'web'),
      400,
      /^cannot bind token for serviceaccount "robot" to pod running with serviceaccount "other"$/,
    ],
    [bind('ConfigMap', 'x'), 400, /^cannot bind token to object of type \/v1, Kind=ConfigMap$/],
    [
      bind('Secret', 's', { uid: 'u' }),
      409,
      /^Operation cannot be fulfilled on Secret "s": the UID in the bound object reference \(u\) does not match/,
    ],
  ])('%j is refused with %d', (spec, code, message) => {
    const { cluster } = setting();
    runWith(cluster, 'other');
    add(cluster, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'default' } });
    const request = { apiVersion: '', kind: '', metadata: { name: '' }, spec };
    const outcome = requestToken(cluster, issuer, { namespace: 'default', name: 'robot' }, request);
    if (outcome.kind === 'issued' || !isFailure(outcome)) throw new Error('it was issued');
    expect(outcome).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});
