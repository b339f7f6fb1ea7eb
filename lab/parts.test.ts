import { describe, expect, test } from '@jest/globals';
import type { KubeClient, KubeResponse } from '../client/kube-client';
import type { Refusal } from '../network/network';
import { firstAway, firstRestarted, kubeletStart, lookAtParts, partAway } from './parts';
import type { AttackerStatus } from './remote-attacker';
import { clusterObjects } from './workloads';

const podsStartedAt = (startedAt: string) => ({
  items: clusterObjects('').pods.map(({ metadata }) => ({
    metadata: { ...metadata, uid: `u-${metadata.name}` },
    status: { phase: 'Running', containerStatuses: [{ state: { running: { startedAt } } }] },
  })),
});

/** An apiserver that answers from a table; what is not in it was not found. */
function clusterThat(answers: Readonly<Record<string, object>>, started = '2026-01-01T00:00:00Z') {
  const names = clusterObjects('').pods.map((pod) => pod.metadata);
  const table: Readonly<Record<string, object>> = {
    '/readyz': {},
    '/api/v1/namespaces/kube-system': { metadata: { uid: 'cluster-1' } },
    '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/kubeadm:cluster-admins': {},
    '/api/v1/pods': podsStartedAt('t'),
    '/api/v1/nodes/node-1/proxy/stats/summary': {
      node: { startTime: started },
      pods: names.map(({ name }) => ({
        podRef: { name, uid: `u-${name}` },
        containers: [{ startTime: 't' }],
      })),
    },
    '/api/v1/nodes/node-2/proxy/stats/summary': { node: { startTime: 'n2' }, pods: [] },
    ...answers,
  };
  const request = async (_method: string, path: string): Promise<Partial<KubeResponse>> => {
    const found = table[path];
    const ok = found !== undefined && !('refused' in found);
    const refusal =
      found !== undefined && 'unreachable' in found
        ? ({
            kind: 'refusal',
            code: 'DIAL_FAILED',
            text: 'connection refused',
            peer: null,
          } as unknown as Refusal)
        : null;
    return {
      ok,
      refusal,
      words: `no ${path}`,
      body: Buffer.from('ok'),
      json: () => (found !== undefined && 'torn' in found ? null : (found ?? null)),
    };
  };
  return { request } as unknown as KubeClient;
}

const gone = { refused: true };
/** The head says 200, and the body ends too early. */
const torn = { torn: true };
/** Nobody answered at all. */
const unreachable = { refused: true, unreachable: true };
const ready = async (): Promise<AttackerStatus> => ({ kind: 'ready', instance: 'one' });

describe('the parts of a lab', () => {
  test('a kubelet that breaks off its answer is away', async () => {
    const parts = await lookAtParts({
      admin: clusterThat({ '/api/v1/nodes/node-1/proxy/stats/summary': torn }),
      attacker: ready,
    });
    expect(parts.find(({ part }) => part === 'node-1')).toMatchObject({ says: 'broke off its answer' });
  });

  test('are all up when everybody answers', async () => {
    const parts = await lookAtParts({ admin: clusterThat({}), attacker: ready });
    expect(firstAway(parts)).toBeNull();
    expect(parts.map((it) => it.part)).toEqual(['apiserver', 'attacker', 'node-1', 'node-2', 'workloads']);
  });

  test.each([
    ['/readyz', 'apiserver', 'no /readyz'],
    ['/api/v1/nodes/node-2/proxy/stats/summary', 'node-2', 'no /api/v1/nodes/node-2/proxy/stats/summary'],
  ])('without an answer to %s it is %s that is away', async (path, part, says) => {
    const parts = await lookAtParts({ admin: clusterThat({ [path]: gone }), attacker: ready });
    expect(firstAway(parts)).toMatchObject({ part, says });
  });

  test('an apiserver that goes while its nodes are asked is what is away, and not they', async () => {
    const admin = clusterThat({ '/api/v1/nodes/node-1/proxy/stats/summary': unreachable });
    let asked = 0;
    const request: KubeClient['request'] = async (method, path) => {
      const answer = await admin.request(method, path);
      asked += path === '/readyz' ? 1 : 0;
      return path === '/readyz' && asked > 1 ? { ...answer, ok: false, words: 'refused' } : answer;
    };
    const parts = await lookAtParts({ admin: { request } as unknown as KubeClient, attacker: ready });
    expect(firstAway(parts)).toMatchObject({ part: 'apiserver', says: 'refused' });
  });

  test('a node that lets connections run into nothing is what is away, and not the apiserver', async () => {
    const admin = clusterThat({ '/api/v1/nodes/node-1/proxy/stats/summary': unreachable });
    expect(firstAway(await lookAtParts({ admin, attacker: ready }))).toMatchObject({ part: 'node-1' });
  });

  test('the attacker says itself why it is away', async () => {
    const parts = await lookAtParts({
      admin: clusterThat({}),
      attacker: async () => ({ kind: 'away', says: 'nobody home' }),
    });
    const away = firstAway(parts);
    expect(away !== null && partAway(away).message).toBe('attacker is away: nobody home');
  });

  test('a pod that its kubelet does not know is missing', async () => {
    const items = clusterObjects('').pods.map((it) => ({
      metadata: { ...it.metadata, uid: 'newer' },
      status: { phase: 'Running' },
    }));
    const parts = await lookAtParts({ admin: clusterThat({ '/api/v1/pods': { items } }), attacker: ready });
    expect(firstAway(parts)).toMatchObject({
      part: 'workloads',
      says: 'pod "default/web" is not known to its kubelet',
    });
  });

  test('a pod is not up before its kubelet, which was started anew, has reported it', async () => {
    const admin = clusterThat({ '/api/v1/pods': podsStartedAt('before') });
    expect(firstAway(await lookAtParts({ admin, attacker: ready }))).toMatchObject({
      part: 'workloads',
      says: 'pod "default/web" has not been reported since its kubelet was started',
    });
  });

  test('kubelets are not asked before they can permit it: they would remember the refusal', async () => {
    const binding = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/kubeadm:cluster-admins';
    const parts = await lookAtParts({ admin: clusterThat({ [binding]: gone }), attacker: ready });
    expect(firstAway(parts)).toMatchObject({
      part: 'node-1',
      says: 'cannot be asked before the workloads are created',
    });
  });

  test('an attacker that crashed and came back between two looks is another one', async () => {
    const other = async (): Promise<AttackerStatus> => ({ kind: 'ready', instance: 'two' });
    const before = await lookAtParts({ admin: clusterThat({}), attacker: ready });
    const now = await lookAtParts({ admin: clusterThat({}), attacker: other });
    expect(firstAway(now)).toBeNull();
    expect(firstRestarted(before, now)?.part).toBe('attacker');
  });

  test('a kubelet that was started anew is another one', async () => {
    const before = await lookAtParts({ admin: clusterThat({}), attacker: ready });
    const now = await lookAtParts({ admin: clusterThat({}, '2026-01-01T00:00:09Z'), attacker: ready });
    expect(firstRestarted(before, before)).toBeNull();
    const other = firstRestarted(before, now);
    expect(other?.part).toBe('node-1');
    expect(other !== null && kubeletStart(other)).toBe('2026-01-01T00:00:09Z');
  });
});
