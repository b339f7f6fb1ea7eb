import { describe, expect, test } from '@jest/globals';
import { Play } from './play';
import { type Line, rehearse } from './testing-transcript';

const impersonation = { mode: 'impersonate', forged: 'FORGED', tampered: 'TAMPERED' } as const;

/** What the fake apiserver says to this; null when it says nothing. */
function ask(method: string, path: string, body = ''): { status: number; object: unknown } | null {
  const play = new Play(impersonation);
  expect(play.see({ kind: 'request-received', exchange: 0, method, path, headers: [] })).toEqual([]);
  const acts = play.see({ kind: 'request-finished', exchange: 0, body: Buffer.from(body) });
  const [answer] = acts;
  if (answer === undefined) return null;
  if (answer.kind !== 'answer' || acts.length !== 1) throw new Error(`it did ${JSON.stringify(acts)}`);
  expect(answer.headers).toEqual([['Content-Type', 'application/json']]);
  return { status: answer.status, object: JSON.parse(answer.body) };
}

const asForged = {
  uid: 'uid-of-FORGED',
  resourceVersion: '1',
  annotations: { injected: 'FORGED' },
};

describe('the fake apiserver', () => {
  test('waits for the body before it answers', () => {
    const script: Line[] = [
      [
        'saw',
        {
          kind: 'request-received',
          exchange: 0,
          method: 'DELETE',
          path: '/api/v1/namespaces/a/pods/b',
          headers: [],
        },
      ],
      ['saw', { kind: 'request-finished', exchange: 0, body: Buffer.alloc(0) }],
      [
        'does',
        {
          kind: 'answer',
          exchange: 0,
          status: 200,
          headers: [['Content-Type', 'application/json']],
          body: '{"kind":"Status","apiVersion":"v1","status":"Success"}\n',
          streamed: false,
        },
      ],
    ];
    rehearse(new Play(impersonation), script);
  });

  test('tells a kubelet which pods to run', () => {
    expect(ask('GET', '/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-1')).toMatchObject({
      status: 200,
      object: {
        kind: 'PodList',
        apiVersion: 'v1',
        items: [
          {
            metadata: { name: 'FORGED', namespace: 'default', ...asForged },
            spec: { nodeName: 'node-1', containers: [{ name: 'forged' }] },
          },
        ],
      },
    });
  });

  test('gives whoever asks for one by its name that one', () => {
    expect(ask('GET', '/api/v1/nodes?fieldSelector=metadata.name%3Dnode-1')).toMatchObject({
      object: { kind: 'NodeList', items: [{ metadata: { name: 'node-1', ...asForged } }] },
    });
    const configMap = ask('GET', '/api/v1/namespaces/kube-public/configmaps/cluster-info');
    expect(configMap).toMatchObject({
      status: 200,
      object: {
        kind: 'ConfigMap',
        apiVersion: 'v1',
        metadata: { name: 'cluster-info', namespace: 'kube-public', ...asForged },
        data: { forged: 'FORGED' },
      },
    });
  });

  test('leads what is for a service to a pod of its own: the two belong together', () => {
    const [service] = items(ask('GET', '/api/v1/services?labelSelector=x')) as [
      { metadata: { name: string }; spec: { ports: { name?: string }[] } },
    ];
    const [slice] = items(ask('GET', '/apis/discovery.k8s.io/v1/endpointslices')) as [
      { metadata: { labels: Record<string, string> }; ports: { name?: string }[] },
    ];
    expect(slice.metadata.labels['kubernetes.io/service-name']).toBe(service.metadata.name);
    expect(slice.ports[0]?.name).toBe(service.spec.ports[0]?.name ?? '');
  });

  test('never answers a watch', () => {
    expect(ask('GET', '/api/v1/pods?watch=true&resourceVersion=1')).toBeNull();
    expect(ask('GET', '/api/v1/pods?watch=0')).not.toBeNull();
  });

  test('has no lease, so that whoever wants to lead begins', () => {
    const path = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
    expect(ask('GET', `${path}/kube-scheduler`)).toMatchObject({
      status: 404,
      object: { kind: 'Status', reason: 'NotFound', code: 404 },
    });
    const lease = '{"kind":"Lease","metadata":{"name":"kube-scheduler"},"spec":{"holderIdentity":"me"}}';
    expect(ask('POST', path, lease)).toMatchObject({
      status: 201,
      object: {
        kind: 'Lease',
        metadata: { name: 'kube-scheduler', namespace: 'kube-system', ...asForged },
        spec: { holderIdentity: 'me' },
      },
    });
  });

  test('knows nothing of collections that it never heard of', () => {
    expect(ask('GET', '/apis/example.org/v1/wonders')).toMatchObject({ status: 404 });
    expect(ask('GET', '/api/v1/namespaces/a/__proto__/constructor')).toMatchObject({ status: 404 });
  });

  test.each([
    ['tokenreviews', { authenticated: true, user: { username: 'kubernetes-admin' } }],
    ['subjectaccessreviews', { allowed: true }],
    ['selfsubjectaccessreviews', { allowed: true }],
  ])('says yes to %s, whatever the asker thinks', (resource, status) => {
    const sent = '{"kind":"Review","status":{"allowed":false,"authenticated":false}}';
    expect(ask('POST', `/apis/x/v1/${resource}`, sent)).toMatchObject({ status: 201, object: { status } });
  });

  test('has an answer to what clients ask first', () => {
    expect(ask('GET', '/version')).toMatchObject({ object: { major: '1', injected: 'FORGED' } });
    expect(ask('GET', '/api')).toMatchObject({ object: { kind: 'APIVersions', versions: ['v1'] } });
    expect(ask('GET', '/apis')).toMatchObject({ object: { kind: 'APIGroupList' } });
    expect(ask('GET', '/apis/apps/v1')).toMatchObject({
      object: { kind: 'APIResourceList', groupVersion: 'apps/v1' },
    });
    expect(ask('GET', '/api/v1')).toMatchObject({
      object: {
        resources: expect.arrayContaining([
          expect.objectContaining({ name: 'configmaps', kind: 'ConfigMap', shortNames: ['cm'] }),
        ]),
      },
    });
  });

  test('sends no body to HEAD', () => {
    const play = new Play(impersonation);
    play.see({ kind: 'request-received', exchange: 0, method: 'HEAD', path: '/api/v1/nodes', headers: [] });
    const acts = play.see({ kind: 'request-finished', exchange: 0, body: Buffer.alloc(0) });
    expect(acts).toMatchObject([{ status: 200, body: '' }]);
  });
});

describe('a hostile client gets from the fake apiserver', () => {
  const nodes = '/api/v1/nodes';

  test.each([
    ['half of an object', '{"metadata":{"name":'],
    ['a list', '[1,2]'],
    ['a number', '7'],
    ['protobuf', 'k8s\0\n\x0c\n\x02v1'],
    ['metadata of text', JSON.stringify({ metadata: 'x'.repeat(1000) })],
    ['metadata of a list', '{"metadata":[{"name":"a"}]}'],
    ['annotations of text', JSON.stringify({ metadata: { annotations: 'y'.repeat(1000) } })],
  ])('for %s an object with nothing but the mark', (_what, body) => {
    expect(ask('POST', nodes, body)).toEqual({
      status: 201,
      object: {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { ...asForged, creationTimestamp: '2000-01-01T00:00:00Z' },
      },
    });
  });

  test('for keys of JavaScript what it sent, and nothing is changed by it', () => {
    const body =
      '{"__proto__":{"status":1},"constructor":2,"metadata":{"__proto__":{"annotations":{"injected":"mine"}}}}';
    const answer = ask('POST', nodes, body);
    expect(answer).toMatchObject({ status: 201, object: { metadata: asForged } });
    expect(JSON.stringify(answer?.object)).toContain('"__proto__":{"status":1},"constructor":2');
    expect(Object.hasOwn(Object.prototype, 'status')).toBe(false);
  });

  test.each([
    ['objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['lists', `{"spec":${'['.repeat(400_000)}${']'.repeat(400_000)}}`],
  ])('for %s nested deeper than the stack goes the refusal of an apiserver', (_what, body) => {
    expect(ask('POST', nodes, body)).toMatchObject({
      status: 400,
      object: { kind: 'Status', status: 'Failure', message: 'exceeded max depth', code: 400 },
    });
  });
});

function items(answer: ReturnType<typeof ask>): unknown[] {
  if (answer === null) throw new Error('there was no answer');
  return (answer.object as { items: unknown[] }).items;
}
