import { describe, expect, test } from '@jest/globals';
import { isFailure } from '../../api/failures';
import type { KubeObject } from '../../api/objects';
import { generateSigningKey, parseJwt } from '../../pki/jwt';
import type { Cluster } from '../place';
import { kindOf } from '../registry';
import { add, pod, testingCluster } from '../testing-cluster';
import { serviceAccountTokenAuthenticator } from './service-account-token';
import { requestToken, type TokenIssuer } from './token-request';
import type { TokenVerdict } from './token-verdict';

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
  /** What is made of a token after so many seconds. */
  readonly verdictOn: (token: string, afterSeconds?: number, audiences?: string[]) => TokenVerdict;
  /** Whom it is then taken for, or why it is not. */
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
  const verdictOn: Setting['verdictOn'] = (token, afterSeconds = 0, audiences = ['api']) =>
    serviceAccountTokenAuthenticator({
      issuers: [issuer.issuer],
      keys: [key],
      apiAudiences: ['api'],
      now: () => new Date(born.getTime() + afterSeconds * 1000),
      find: (resource, namespace, name) => cluster.storage.get(kindOf(resource), namespace, name),
    })(token, audiences);
  return {
    cluster,
    issue: (spec = {}, over = {}) => {
      const outcome = ask(spec, over);
      if (outcome.kind !== 'issued') throw new Error(outcome.message);
      return (outcome.answer['status'] as { token: string }).token;
    },
    verdictOn,
    judge: (...asked) => {
      const verdict = verdictOn(...asked);
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

describe('a token that is bound to an object', () => {
  const bind = (kind: string, name: string) => ({
    expirationSeconds: 86_400,
    boundObjectRef: { apiVersion: 'v1', kind, name },
  });
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'web' } };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'web', namespace: 'default' } };
  const invalidated = 'service account token has been invalidated';
  const word = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' } as const;

  function bound(kind: 'Pod' | 'Secret' | 'Node') {
    const made = setting();
    const put = (): KubeObject =>
      kind === 'Pod'
        ? runWith(made.cluster, 'robot')
        : add(made.cluster, kind === 'Node' ? node : secret).object;
    const namespace = kind === 'Node' ? '' : 'default';
    const object = put();
    return {
      ...made,
      put,
      object,
      token: made.issue(bind(kind, 'web')),
      remove: () => made.cluster.storage.delete(kindOf(word[kind]), namespace, 'web'),
      /** As one that waits for its finalizers or its grace. */
      deleteAt: (deletionTimestamp: string) => {
        const metadata = { ...object.metadata, deletionTimestamp };
        made.cluster.storage.update(kindOf(word[kind]), { ...object, metadata }, undefined);
      },
    };
  }

  test.each(['Pod', 'Secret', 'Node'] as const)('ends with its %s', (kind) => {
    const { judge, token, remove } = bound(kind);
    expect(judge(token)).toBe(robot);
    remove();
    expect(judge(token)).toBe(invalidated);
  });

  test.each(['Pod', 'Secret', 'Node'] as const)('is not for another %s of the same name', (kind) => {
    const { judge, token, object, put, remove } = bound(kind);
    remove();
    const other = put();
    const lower = kind.toLowerCase();
    expect(judge(token)).toBe(
      `${lower} UID (${other.metadata.uid}) does not match service account ${lower} ref claim (${object.metadata.uid})`,
    );
  });

  test.each(['Pod', 'Secret', 'Node'] as const)('has a minute from the end of its %s on', (kind) => {
    const { judge, token, deleteAt } = bound(kind);
    deleteAt('2025-06-01T12:00:30Z');
    expect(judge(token, 90)).toBe(robot);
    expect(judge(token, 91)).toBe(invalidated);
  });

  test('to a pod says on which node it runs, and does not care what becomes of that', () => {
    const { cluster, issue, judge } = setting();
    const { uid } = add(cluster, { ...node, metadata: { name: 'node-1' } }).object.metadata;
    add(cluster, pod('web', { serviceAccountName: 'robot', nodeName: 'node-1' }));
    const token = issue(bind('Pod', 'web'));
    expect(parseJwt(token)?.claims['kubernetes.io']).toMatchObject({ node: { name: 'node-1', uid } });
    cluster.storage.delete(kindOf('nodes'), '', 'node-1');
    expect(judge(token)).toBe(robot);
    // Where there is no such Node yet, its name is known all the same.
    expect(parseJwt(issue(bind('Pod', 'web')))?.claims['kubernetes.io']).toMatchObject({
      node: { name: 'node-1' },
    });
  });

  test('to a pod and for longer than it asked is noted once that time is over', () => {
    const { cluster, issue, verdictOn } = setting();
    runWith(cluster, 'robot');
    const token = issue({ ...bind('Pod', 'web'), expirationSeconds: 3607 });
    const annotations = (afterSeconds: number) => {
      const verdict = verdictOn(token, afterSeconds);
      return verdict.kind === 'user' ? verdict.annotations : null;
    };
    expect(annotations(3607)).toEqual({});
    expect(annotations(3707)).toEqual({
      'authentication.k8s.io/stale-token': `subject: ${robot}, seconds after warning threshold: 100`,
    });
  });

  test.each([
    ['another lifetime', { expirationSeconds: 3600 }],
    ['an audience of somebody else', { audiences: ['api', 'vault'] }],
    ['no pod', { boundObjectRef: null }],
  ])('lives no longer than it asked with %s', (_name, different) => {
    const { cluster, issue } = setting();
    runWith(cluster, 'robot');
    const { claims } =
      parseJwt(issue({ ...bind('Pod', 'web'), expirationSeconds: 3607, ...different })) ?? {};
    expect(Number(claims?.['exp']) - Number(claims?.['iat'])).toBeLessThan(3608);
    expect(claims?.['kubernetes.io']).not.toHaveProperty('warnafter');
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
      /^cannot bind token for serviceaccount "robot" to pod running with different serviceaccount name\.$/,
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
