import { expect, test } from '@jest/globals';
import { exchange } from '../network/transport';
import { mintKeys, TestCluster } from './cluster.test.fixtures';

test.each([
  ['endpoints', ['299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"']],
  ['services', []],
])('answers about %s warn of %j', async (resource, warnings) => {
  await using cluster = await TestCluster.start(await mintKeys());
  const answer = await exchange(await cluster.connect(), {
    method: 'GET',
    path: `/api/v1/namespaces/default/${resource}`,
    headers: [['Host', 'x']],
  });
  if (answer.kind !== 'response') throw new Error('no response');
  const said = answer.headers.filter(([name]) => name.toLowerCase() === 'warning');
  expect(said.map(([, value]) => value)).toEqual(warnings);
});
