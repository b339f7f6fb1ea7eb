import { expect, test } from '@jest/globals';
import type { Cluster } from '../place';
import { add, pod, testingCluster } from '../testing-cluster';
import { accountToCome } from './account-to-come';
import { chooseAdmissionPlugins } from './admission-plugins';

const account = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace: 'default' },
});

function setting(): Cluster {
  return { ...testingCluster(), admission: chooseAdmissionPlugins([], []) };
}

test('a pod waits for the account that its namespace is about to get', async () => {
  const cluster = setting();
  const waiting = accountToCome(cluster, 'default', pod('web'), 60_000);
  add(cluster, account('other'));
  add(cluster, account('default'));
  await expect(waiting).resolves.toBeUndefined();
});

test('it does not wait for ever', async () => {
  await expect(accountToCome(setting(), 'default', pod('web'), 0)).resolves.toBeUndefined();
});

test.each([
  ['for an account with another name', 'default', pod('web', { serviceAccountName: 'robot' })],
  ['in a namespace that is not there', 'gone', pod('web')],
])('it does not wait %s', (_what, namespace, object) => {
  expect(accountToCome(setting(), namespace, object)).toBeNull();
});

test('it does not wait when the account is there, nor when nobody asks for accounts', () => {
  const cluster = setting();
  const off = { ...cluster, admission: chooseAdmissionPlugins([], ['ServiceAccount']) };
  expect(accountToCome(off, 'default', pod('web'))).toBeNull();
  add(cluster, account('default'));
  expect(accountToCome(cluster, 'default', pod('web'))).toBeNull();
});
