import { describe, expect, test } from '@jest/globals';
import { accessReviewer, type PostReview, tokenReviewer } from './reviews';
import { defaultSettings } from './settings';

const { authentication, authorization } = defaultSettings('config-file');

/** An apiserver that answers what it is told to, and remembers what it was asked. */
function apiserver(answer: () => { status: number; body: unknown }) {
  const asked: { path: string; review: unknown }[] = [];
  const post: PostReview = async (path, review) => {
    asked.push({ path, review });
    return answer();
  };
  return { asked, post };
}

describe('accessReviewer', () => {
  const attributes = {
    user: { name: 'alice', groups: ['dev'], uid: 'u', extra: { scope: ['a'] } },
    verb: 'get',
    nodeName: 'node-1',
    subresource: 'proxy',
  };

  test('asks the apiserver about this node', async () => {
    const { asked, post } = apiserver(() => ({ status: 201, body: { status: { allowed: true } } }));
    expect(await accessReviewer(post, authorization.webhook)(attributes)).toBe(true);
    expect(asked).toEqual([
      {
        path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        review: {
          kind: 'SubjectAccessReview',
          apiVersion: 'authorization.k8s.io/v1',
          metadata: {},
          spec: {
            resourceAttributes: {
              verb: 'get',
              version: 'v1',
              resource: 'nodes',
              subresource: 'proxy',
              name: 'node-1',
            },
            user: 'alice',
            groups: ['dev'],
            uid: 'u',
            extra: { scope: ['a'] },
          },
        },
      },
    ]);
  });

  test.each([
    [true, 299_999, 1],
    [true, 300_001, 2],
    [false, 29_999, 1],
    [false, 30_001, 2],
  ])(
    'an answer %s is asked for again after its time (%d ms: %d questions)',
    async (allowed, laterMs, questions) => {
      let now = 0;
      const { asked, post } = apiserver(() => ({ status: 201, body: { status: { allowed } } }));
      const check = accessReviewer(post, authorization.webhook, () => now);
      await check(attributes);
      now = laterMs;
      expect(await check(attributes)).toBe(allowed);
      expect(asked).toHaveLength(questions);
    },
  );

  test('an answer that says nothing denies, one that says both is an error', async () => {
    const judge = (status: object) =>
      accessReviewer(apiserver(() => ({ status: 200, body: { status } })).post, authorization.webhook);
    expect(await judge({})(attributes)).toBe(false);
    await expect(judge({ allowed: true, denied: true })(attributes)).rejects.toThrow(
      'webhook subject access review returned both allow and deny response',
    );
  });

  test.each([
    { status: 0, body: null },
    { status: 403, body: { kind: 'Status', status: 'Failure' } },
    { status: 500, body: { status: { allowed: true } } },
    { status: 201, body: 'nonsense' },
  ])('throws at %j, and asks again next time', async (answer) => {
    const { asked, post } = apiserver(() => answer);
    const check = accessReviewer(post, authorization.webhook);
    await expect(check(attributes)).rejects.toThrow('access review failed');
    await expect(check(attributes)).rejects.toThrow();
    expect(asked).toHaveLength(2);
  });
});

describe('tokenReviewer', () => {
  const user = { username: 'system:serviceaccount:ns:sa', uid: 'u', groups: ['g'], extra: { k: ['v'] } };

  test('gives the user that the apiserver sees in a token, and remembers it', async () => {
    const { asked, post } = apiserver(() => ({
      status: 201,
      body: { status: { authenticated: true, user } },
    }));
    const review = tokenReviewer(post, authentication.webhook);
    const expected = {
      kind: 'user',
      user: { name: 'system:serviceaccount:ns:sa', uid: 'u', groups: ['g'], extra: { k: ['v'] } },
    };
    expect(await review('t')).toEqual(expected);
    expect(await review('t')).toEqual(expected);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.review).toMatchObject({ kind: 'TokenReview', spec: { token: 't' } });
  });

  test.each([
    ['a user', { authenticated: true, user }, 119_999, 1],
    ['a user', { authenticated: true, user }, 120_001, 2],
    ['a refusal without a reason', { authenticated: false }, 119_999, 1],
    ['a refusal without a reason', { authenticated: false }, 120_001, 2],
    ['a refusal with its reason', { authenticated: false, error: 'service account token has expired' }, 1, 2],
  ])('%s is asked for again after its time', async (_name, status, laterMs, questions) => {
    let now = 0;
    const { asked, post } = apiserver(() => ({ status: 201, body: { status } }));
    const review = tokenReviewer(post, authentication.webhook, () => now);
    await review('t');
    now = laterMs;
    await review('t');
    expect(asked).toHaveLength(questions);
  });

  test('requests that come at once share one question, and another token another one', async () => {
    const { asked, post } = apiserver(() => ({
      status: 201,
      body: { status: { authenticated: false, error: 'no' } },
    }));
    const review = tokenReviewer(post, authentication.webhook);
    await Promise.all([review('t'), review('t'), review('u')]);
    expect(asked).toHaveLength(2);
    await review('t');
    expect(asked).toHaveLength(3);
  });

  test.each([
    [
      { status: 201, body: { status: { authenticated: false, error: '[invalid bearer token]' } } },
      '[invalid bearer token]',
    ],
    [{ status: 201, body: {} }, 'invalid bearer token'],
    [{ status: 403, body: {} }, 'token review failed with 403'],
  ])('%j is not accepted', async (answer, text) => {
    expect(await tokenReviewer(apiserver(() => answer).post, authentication.webhook)('t')).toEqual({
      kind: 'unacceptable',
      text,
    });
  });
});
