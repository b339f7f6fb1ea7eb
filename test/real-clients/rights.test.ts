import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { type Kubelet, startKubelet } from '../../kubelet/kubelet';
import { parseKubeletConfiguration } from '../../kubelet/kubelet-configuration';
import { addresses, ports } from '../../lab/addresses';
import type { Cluster } from '../../lab/cluster';
import { findKubectls } from './find-kubectl';
import { openWorkplace, type RunOptions, type Said, type Workplace } from './standing.fixture';

/** Rights that are given and taken away while somebody is at work, with every kubectl there is. */
const kubectls = findKubectls();

let workplace: Workplace;
beforeAll(async () => {
  workplace = await openWorkplace();
}, 30_000);
afterAll(async () => {
  await workplace?.[Symbol.asyncDispose]();
});

describe.each(kubectls)('kubectl $version', (kubectl) => {
  const namespace = `rights-${kubectl.version.replace('.', '-')}`;
  const say = (args: string[], options: RunOptions = {}): Promise<Said> =>
    workplace.run(kubectl, ['-n', namespace, ...args], options);
  const ok = (args: string[]): Promise<string> => workplace.ok(kubectl, ['-n', namespace, ...args]);
  /** Somebody whom nobody granted anything. */
  const stranger = { role: 'attacker' } as const;
  const forbidden = `Error from server (Forbidden): configmaps is forbidden: User "attacker" cannot list resource "configmaps" in API group "" in the namespace "${namespace}"\n`;
  const grant = (): Promise<string> =>
    ok(['create', 'rolebinding', 'look', '--role=look', '--user=attacker']);

  beforeAll(async () => {
    await ok(['create', 'namespace', namespace]);
    await ok(['create', 'role', 'look', '--verb=get,list,watch', '--resource=configmaps']);
  });

  test('a watch that is open goes on when the right to it is taken away, and the next request is refused', async () => {
    expect((await say(['get', 'configmaps'], stranger)).stderr).toBe(forbidden);
    await grant();
    expect(await say(['get', 'configmaps'], stranger)).toMatchObject({ code: 0, stderr: '' });
    const watch = ['-n', namespace, 'get', 'configmaps', '-w', '--no-headers'];
    const watching = workplace.start(kubectl, watch, stranger);
    await ok(['create', 'configmap', 'first', '--from-literal=a=1']);
    await watching.until(/^first /m);

    await ok(['delete', 'rolebinding', 'look']);
    expect(await say(['get', 'configmaps'], stranger)).toMatchObject({ code: 1, stderr: forbidden });
    expect(await say(['get', 'configmaps', '-w'], stranger)).toMatchObject({ code: 1, stderr: forbidden });
    // A request is authorized when it comes, and a watch is one request.
    await ok(['create', 'configmap', 'second', '--from-literal=a=1']);
    await watching.until(/^second /m);
    watching.child.kill('SIGINT');
    await watching.ended;

    await grant();
    expect((await say(['get', 'configmaps', '--no-headers'], stranger)).stdout).toMatch(/^second /m);
    await ok(['delete', 'rolebinding', 'look']);
  });

  test('can-i says at once what a role and a binding have become, of others too', async () => {
    const robot = `--as=system:serviceaccount:${namespace}:robot`;
    const canI = async (...args: string[]): Promise<string> =>
      (await say(['auth', 'can-i', ...args, robot])).stdout;
    await ok(['create', 'serviceaccount', 'robot']);
    expect(await canI('get', 'configmaps')).toBe('no\n');
    await ok(['create', 'rolebinding', 'robots', '--role=look', `--serviceaccount=${namespace}:robot`]);
    expect(await canI('get', 'configmaps')).toBe('yes\n');
    expect(await canI('get', 'configmaps/first')).toBe('yes\n');
    expect(await canI('get', 'pods', '--subresource=log')).toBe('no\n');
    const rule = [{ op: 'add', path: '/rules/-', value: logsRule }];
    await ok(['patch', 'role', 'look', '--type=json', '-p', JSON.stringify(rule)]);
    expect(await canI('get', 'pods', '--subresource=log')).toBe('yes\n');
    // A pod of that name, not the log of one.
    expect(await canI('get', 'pods/log')).toBe('no\n');
    const group = ['--as=jane', `--as-group=system:serviceaccounts:${namespace}`];
    await ok(['create', 'rolebinding', 'all', '--role=look', `--group=system:serviceaccounts:${namespace}`]);
    expect((await say(['auth', 'can-i', 'list', 'configmaps', ...group])).stdout).toBe('yes\n');
    await ok(['delete', 'rolebinding', 'robots', 'all']);
    expect(await canI('get', 'configmaps')).toBe('no\n');
  });

  test('nobody gives away what he does not have', async () => {
    const others = ['--as=jane', '--as-group=system:authenticated'];
    await ok([
      'create',
      'role',
      'giver',
      '--verb=create',
      '--resource=rolebindings.rbac.authorization.k8s.io',
    ]);
    await ok(['create', 'rolebinding', 'givers', '--role=giver', '--user=jane']);
    const said = await say([
      'create',
      'rolebinding',
      'mine',
      '--clusterrole=admin',
      '--user=jane',
      ...others,
    ]);
    expect(said.code).toBe(1);
    expect(said.stderr).toMatch(
      /rolebindings\.rbac\.authorization\.k8s\.io "mine" is forbidden: user "jane" \(groups=\["system:authenticated"\]\) is attempting to grant RBAC permissions not currently held:\n/,
    );
  });

  test('a kubelet serves as soon as its request is approved, and not before', async () => {
    const accounts = workplace.start(kubectl, [
      '-n',
      namespace,
      'get',
      'serviceaccounts',
      '-w',
      '-o',
      'name',
    ]);
    await accounts.until(/serviceaccount\/default/);
    accounts.child.kill('SIGINT');
    await accounts.ended;
    const requests = workplace.start(kubectl, ['get', 'csr', '--no-headers', '-w']);
    const { lab } = workplace;
    const kubelet = await joinAsNode3(lab.cluster);
    try {
      const overrides = JSON.stringify({ apiVersion: 'v1', spec: { nodeName: 'node-3' } });
      await ok(['run', 'far', '--image=busybox', '--overrides', overrides, '--', 'sleep', '1000']);
      await kubelet.whenRunning(namespace, 'far');
      const exec = ['exec', 'far', '--', 'hostname'];
      expect((await say(exec)).stderr).toContain('remote error: tls: internal error');

      const pending = /^(\S+) .* kubernetes\.io\/kubelet-serving +system:node:node-3 .*Pending *$/m;
      const [, name = ''] = await requests.until(pending);
      expect(await ok(['certificate', 'approve', name])).toContain(`/${name} approved\n`);
      await requests.until(new RegExp(`^${name} .* Approved,Issued *$`, 'm'));
      const ask = () => lab.cluster.admin.request('GET', '/api/v1/nodes/node-3/proxy/healthz');
      while (!(await ask()).ok);
      expect(await say(exec)).toMatchObject({ code: 0, stdout: expect.stringMatching(/\n$/) });
      await workplace.ok(kubectl, ['delete', 'csr', name]);
    } finally {
      await kubelet.close();
      requests.child.kill('SIGINT');
      await requests.ended;
    }
    await say(['delete', 'pod', 'far', '--force', '--grace-period=0']);
    await workplace.ok(kubectl, ['delete', 'node', 'node-3']);
  }, 40_000);
});

const logsRule = { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] };

/** With a client certificate, and a serving certificate to ask for. */
async function joinAsNode3(cluster: Cluster): Promise<Kubelet> {
  const { newNode: host, pki, credentials, clientTrust } = cluster;
  const configuration = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: addresses.node3,
    healthzPort: 0,
    serverTLSBootstrap: true,
    authentication: { x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' } },
  };
  return startKubelet({
    host,
    nodeName: host.name,
    config: parseKubeletConfiguration(JSON.stringify(configuration), 'KubeletConfiguration'),
    apiserver: {
      server: { host: addresses.controlPlane, port: ports.apiserver },
      trust: clientTrust(addresses.controlPlane),
      clientCertificate: await credentials.kubelet(host.name),
    },
    sandbox: { attachPod: async () => host },
    servingKeyPair: null,
    clientCaPem: pki.caPem,
    log: pino({ level: 'silent' }),
  });
}
