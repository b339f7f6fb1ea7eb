import type { ServerResponse } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { type ScriptedApiserver, scriptedApiserver, signalled } from '../client/kube-client.test.fixtures';
import { ControllerContext, type StartController } from './context';
import { defaultControllerSettings } from './controller-settings';
import { startEndpointSliceController } from './endpoints-controller';
import { startReplicaSetController } from './replica-set-controller';

const log = pino({ level: 'silent' });

const contextOf = ({ client }: ScriptedApiserver): ControllerContext =>
  new ControllerContext({ client, log });

/** Ends also when the test fails: an informer would ask for ever. */
function startedOn(apiserver: ScriptedApiserver, start: StartController): AsyncDisposable {
  const context = contextOf(apiserver);
  const controller = start(context, defaultControllerSettings);
  return {
    [Symbol.asyncDispose]: async () => {
      await context.close();
      await controller?.close();
    },
  };
}

const metadata = { namespace: 'default', uid: 'u1', resourceVersion: '1' };
const labels = { app: 'web' };
const set = {
  metadata: { ...metadata, name: 'web', generation: 1 },
  spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels } } },
};
const pod = {
  metadata: {
    ...metadata,
    name: 'web-x',
    uid: 'u2',
    labels,
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'u1', controller: true },
    ],
  },
  spec: { containers: [] },
};
const service = { metadata: { ...metadata, name: 'web' }, spec: { selector: labels, ports: [{ port: 80 }] } };
const slice = {
  metadata: {
    ...metadata,
    name: 'web-abc',
    uid: 'u3',
    labels: {
      'kubernetes.io/service-name': 'web',
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    },
  },
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.0.0.99'] }],
};

const SETS = '/apis/apps/v1/replicasets';
const SLICES = '/apis/discovery.k8s.io/v1/endpointslices';

interface Case {
  readonly start: StartController;
  readonly listed: Readonly<Record<string, readonly [kind: string, ...items: readonly object[]]>>;
  /** The collection whose list comes last, once this other one is being watched. */
  readonly late: string;
  readonly after: string;
  readonly firstWrite: string;
}

describe('a controller decides on nothing before its collections have been listed', () => {
  test.each<[string, Case]>([
    [
      'replicasets: the pod that is there already is not made again',
      {
        start: startReplicaSetController,
        listed: { [SETS]: ['ReplicaSetList', set], '/api/v1/pods': ['PodList', pod] },
        late: '/api/v1/pods',
        after: SETS,
        firstWrite: 'PUT /apis/apps/v1/namespaces/default/replicasets/web/status',
      },
    ],
    [
      'slices: the slice that is there already is changed, and no second one made',
      {
        start: startEndpointSliceController,
        listed: {
          '/api/v1/services': ['ServiceList', service],
          '/api/v1/pods': ['PodList'],
          '/api/v1/endpoints': ['EndpointsList'],
          [SLICES]: ['EndpointSliceList', slice],
        },
        late: SLICES,
        after: '/api/v1/services',
        firstWrite: 'PUT /apis/discovery.k8s.io/v1/namespaces/default/endpointslices/web-abc',
      },
    ],
  ])('%s', async (_, { start, listed, late, after, firstWrite }) => {
    const wrote = signalled<string>();
    const watched = signalled<void>();
    const answerJson = (response: ServerResponse, body: object): void => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    await using apiserver = await scriptedApiserver({
      onRequest: (request, response) => {
        const { pathname, searchParams } = new URL(request.url ?? '', 'https://apiserver');
        const [kind, ...items] = listed[pathname] ?? [];
        if (request.method !== 'GET') {
          wrote.resolve(`${request.method} ${pathname}`);
          answerJson(response, { metadata: { ...metadata, name: 'made', resourceVersion: '0' } });
        } else if (searchParams.has('watch')) {
          response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
          if (pathname === after) watched.resolve();
        } else {
          const list = { apiVersion: 'v1', kind, metadata: { resourceVersion: '1' }, items };
          if (pathname === late) void watched.promise.then(() => answerJson(response, list));
          else answerJson(response, list);
        }
      },
    });
    await using _started = startedOn(apiserver, start);
    expect(await wrote.promise).toBe(firstWrite);
  });
});

describe('a queue of the context', () => {
  test('waits for the collections that it needs, and for no other', async () => {
    await using apiserver = await scriptedApiserver({
      onRequest: (_, response) => {
        response.writeHead(403).end();
      },
    });
    const context = contextOf(apiserver);
    context.informer('/api/v1/secrets');
    const worked: string[] = [];
    const listed = signalled<void>();
    const done = signalled<void>();
    const queue = context.queue(
      async (key) => {
        worked.push(key);
        done.resolve();
      },
      [{ synced: listed.promise }],
    );
    queue.add('a');
    await new Promise((resolve) => setImmediate(resolve));
    expect(worked).toEqual([]);
    listed.resolve();
    await done.promise;
    expect(worked).toEqual(['a']);
    await context.close();
    await queue.close();
  });

  test('ends with the context, also when what it needs never comes', async () => {
    await using apiserver = await scriptedApiserver({});
    const context = contextOf(apiserver);
    const worked: string[] = [];
    const queue = context.queue(
      async (key) => {
        worked.push(key);
      },
      [{ synced: new Promise(() => undefined) }],
    );
    queue.add('a');
    await context.close();
    await queue.close();
    expect(worked).toEqual([]);
  });
});
