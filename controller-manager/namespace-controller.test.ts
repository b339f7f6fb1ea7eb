import { expect, test } from '@jest/globals';
import pino from 'pino';
import { scriptedApiserver, signalled } from '../client/kube-client.test.fixtures';
import { ControllerContext } from './context';
import { defaultControllerSettings } from './controller-settings';
import { startNamespaceController } from './namespace-controller';

const verbs = ['delete', 'get', 'list', 'watch'];
const kindOf = (kind: string, name: string) => ({ kind, name, namespaced: true, verbs });
const podsOnly = [kindOf('Pod', 'pods')];
const podsAndSecrets = [...podsOnly, kindOf('Secret', 'secrets')];

/** What is written for the deletion of a namespace with a pod and a secret; discovery answers in turn, its last answer for good. */
async function writesWith(resources: readonly object[][]): Promise<string[]> {
  const writes: string[] = [];
  const finalized = signalled<void>();
  const left = new Set(['pods', 'secrets']);
  let asked = 0;
  const namespace = {
    metadata: { name: 'old', deletionTimestamp: '2026-06-01T00:00:00Z', resourceVersion: '1' },
    spec: { finalizers: ['kubernetes'] },
  };
  await using apiserver = await scriptedApiserver({
    onRequest: (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'https://apiserver');
      const answer = (body: object): void => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      };
      const list = (items: readonly object[]): void =>
        answer({ apiVersion: 'v1', kind: 'NamespaceList', metadata: { resourceVersion: '1' }, items });
      const resource = pathname.split('/').at(-1) ?? '';
      if (request.method !== 'GET') {
        writes.push(`${request.method} ${resource}`);
        left.delete(resource);
        answer({});
        if (resource === 'finalize') finalized.resolve();
      } else if (searchParams.has('watch')) {
        response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      } else if (pathname === '/apis') answer({ groups: [] });
      else if (pathname === '/api/v1') {
        answer({ groupVersion: 'v1', resources: resources[Math.min(asked, resources.length - 1)] });
        asked += 1;
      } else if (pathname === '/api/v1/namespaces') list([namespace]);
      else list(left.has(resource) ? [{ metadata: { name: 'x' } }] : []);
    },
  });
  const context = new ControllerContext({ client: apiserver.client, log: pino({ level: 'silent' }) });
  const controller = startNamespaceController(context, defaultControllerSettings);
  await finalized.promise;
  await context.close();
  await controller?.close();
  return writes;
}

test('a namespace is let go when everything in it is deleted', async () => {
  const writes = await writesWith([podsAndSecrets]);
  expect(writes.slice(0, 2).sort()).toEqual(['DELETE pods', 'DELETE secrets']);
  expect(writes.slice(2)).toEqual(['PUT finalize']);
});

test('and not before what an apiserver serves that was started meanwhile', async () => {
  expect(await writesWith([podsOnly, podsAndSecrets])).toEqual([
    'DELETE pods',
    'DELETE secrets',
    'PUT finalize',
  ]);
});
