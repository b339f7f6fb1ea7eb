import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../api/objects';
import { planTokenSecret } from './plan-token-secret';

const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', uid: 'u' } };
const name = { 'kubernetes.io/service-account.name': 'robot' };
const named = { ...name, 'kubernetes.io/service-account.uid': 'u' };
const encoded = (text: string): string => Buffer.from(text).toString('base64');
const full = { token: encoded('t'), namespace: encoded('ns'), 'ca.crt': encoded('PEM') };

function secret(annotations: Readonly<Record<string, string>>, data?: object): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/service-account-token',
    metadata: { name: 'robot-token', namespace: 'ns', annotations },
    ...(data === undefined ? {} : { data }),
  };
}

function plan(of: KubeObject, owner: KubeObject | null = account, rootCaPem: string | null = 'PEM') {
  const signed: object[] = [];
  const sign = (claims: object): string => {
    signed.push(claims);
    return 'signed';
  };
  return { signed, plan: planTokenSecret({ secret: of, account: owner, rootCaPem, sign }) };
}

describe('a Secret for the token of a service account', () => {
  test('gets one, with the authority and the namespace', () => {
    const { plan: planned, signed } = plan(secret(name));
    expect(planned).toMatchObject({
      kind: 'update',
      secret: {
        metadata: { name: 'robot-token', annotations: named },
        data: { ...full, token: encoded('signed') },
      },
    });
    expect(signed).toEqual([
      {
        iss: 'kubernetes/serviceaccount',
        'kubernetes.io/serviceaccount/namespace': 'ns',
        'kubernetes.io/serviceaccount/secret.name': 'robot-token',
        'kubernetes.io/serviceaccount/service-account.name': 'robot',
        'kubernetes.io/serviceaccount/service-account.uid': 'u',
        sub: 'system:serviceaccount:ns:robot',
      },
    ]);
  });

  test.each<[string, KubeObject, KubeObject | null, string | null, string]>([
    ['that has everything is left alone', secret(named, full), account, 'PEM', 'nothing'],
    ['keeps its token when the authority changes', secret(named, full), account, 'NEW', 'update'],
    ['keeps its authority when there is none', secret(named, full), account, null, 'nothing'],
    ['goes with its account', secret(named, full), null, 'PEM', 'delete'],
    [
      'goes when another account took the name',
      secret({ ...named, 'kubernetes.io/service-account.uid': 'v' }, full),
      account,
      'PEM',
      'delete',
    ],
  ])('%s', (_name, of, owner, rootCaPem, kind) => {
    const { plan: planned, signed } = plan(of, owner, rootCaPem);
    expect([planned.kind, signed]).toEqual([kind, []]);
    if (planned.kind === 'update') expect(planned.secret['data']).toMatchObject({ token: full.token });
  });
});
