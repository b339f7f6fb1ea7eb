import { expect, test } from '@jest/globals';
import type { KubeResponse } from '../client/kube-client';
import { createObjects } from './create-workloads';

const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'cafe', namespace: 'team' } };
const placed = [{ path: '/api/v1/namespaces/team/pods', object: pod }];

/** An administrator who is answered with these, one after the other. */
function answeredWith(...statuses: number[]) {
  const asked: string[] = [];
  const request = async (method: string, path: string): Promise<KubeResponse> => {
    asked.push(`${method} ${path}`);
    const status = statuses.shift() ?? 500;
    const ok = status < 300;
    const words = ok ? '' : `refused with ${status}`;
    return { status, ok, words, headers: {}, body: Buffer.alloc(0), refusal: null, json: () => null };
  };
  return { asked, request };
}

const account = 'GET /api/v1/namespaces/team/serviceaccounts/default';
const post = 'POST /api/v1/namespaces/team/pods';

test('a pod waits for the account that a loop is about to make', async () => {
  const admin = answeredWith(403, 404, 404, 200, 201);
  expect(await createObjects(admin, placed)).toEqual(['Pod cafe']);
  expect(admin.asked).toEqual([post, account, account, account, post]);
});

test('one that is refused although the account is there is told', async () => {
  const admin = answeredWith(403, 200, 403);
  await expect(createObjects(admin, placed)).rejects.toMatchObject({
    code: 'LAB_START_FAILED',
    message: 'Pod "cafe" could not be created: refused with 403',
  });
});

test('what is there already is left alone', async () => {
  expect(await createObjects(answeredWith(409), placed)).toEqual([]);
});
