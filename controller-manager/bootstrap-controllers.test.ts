import { expect, test } from '@jest/globals';
import type { KubeObject } from '../api/objects';
import { detachedJws } from '../wire/detached-jws';
import { signedData } from './bootstrap-controllers';

const now = new Date('2026-06-01T00:00:00Z');
const good = {
  'token-id': 'abcdef',
  'token-secret': '0123456789abcdef',
  'usage-bootstrap-signing': 'true',
};

function secret(over: Record<string, string> = {}, rest: Partial<KubeObject> = {}): KubeObject {
  const data = Object.entries({ ...good, ...over }).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'bootstrap-token-abcdef', namespace: 'kube-system' },
    type: 'bootstrap.kubernetes.io/token',
    data: Object.fromEntries(data),
    ...rest,
  };
}

const jws = detachedJws('k', { id: 'abcdef', secret: '0123456789abcdef' });

test.each<[string, Record<string, string>, KubeObject[], Record<string, string> | null]>([
  ['a token', { kubeconfig: 'k' }, [secret()], { kubeconfig: 'k', 'jws-kubeconfig-abcdef': jws }],
  ['no kubeconfig', { other: 'x' }, [secret()], null],
  [
    'a token that is gone',
    { kubeconfig: 'k', 'jws-kubeconfig-123456': 'old', other: 'x' },
    [],
    { kubeconfig: 'k', other: 'x' },
  ],
  [
    'one that is over',
    { kubeconfig: 'k' },
    [secret({ expiration: '2026-05-31T23:59:59Z' })],
    { kubeconfig: 'k' },
  ],
  [
    'one for other things',
    { kubeconfig: 'k' },
    [secret({ 'usage-bootstrap-signing': 'no' })],
    { kubeconfig: 'k' },
  ],
  ['one under another name', { kubeconfig: 'k' }, [secret({ 'token-id': 'ghijkl' })], { kubeconfig: 'k' }],
  ['one without a secret', { kubeconfig: 'k' }, [secret({ 'token-secret': '' })], { kubeconfig: 'k' }],
  ['another kind of Secret', { kubeconfig: 'k' }, [secret({}, { type: 'Opaque' })], { kubeconfig: 'k' }],
])('cluster-info is signed with %s', (_what, data, secrets, signed) => {
  expect(signedData(data, secrets, now)).toEqual(signed);
});
