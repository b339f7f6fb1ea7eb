import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { findKubectls, minor } from './find-kubectl';
import { openWorkplace, type Said, type Workplace } from './standing.fixture';

/** Looking around, with every kubectl there is; what it prints is what it prints of a cluster. */
const kubectls = findKubectls();

let workplace: Workplace;
beforeAll(async () => {
  workplace = await openWorkplace();
}, 30_000);
afterAll(async () => {
  await workplace?.[Symbol.asyncDispose]();
});

const endpointsWarning =
  'Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice';

/** Runs of blanks are what alignment makes of them. */
function narrow(text: string): string {
  return text.replace(/ {2,}/g, '  ').replace(/ +$/gm, '');
}

/** Ages and generated names are what differs from one cluster to the next. */
function normal(text: string): string {
  return narrow(
    text
      .replace(/\b(\d+[smhd]){1,2}\b( ago)?/g, 'AGE')
      .replace(/\bshop-[a-z0-9]{8,10}(-[a-z0-9]{5})?/g, (_name, pod?: string) =>
        pod === undefined ? 'shop-HASH' : 'shop-HASH-ID',
      ),
  );
}

interface ListOf {
  kind: string;
  apiVersion: string;
  items: { kind: string; metadata: { name: string } }[];
}

describe.each(kubectls)('kubectl $version', (kubectl) => {
  const say = (args: string[], options = {}) => workplace.run(kubectl, args, options);
  const ok = (args: string[], options = {}) => workplace.ok(kubectl, args, options);

  describe('get', () => {
    test('shows pods as a table', async () => {
      const lines = normal(await ok(['get', 'pods', '-l', 'app in (web, box)'])).split('\n');
      expect(lines).toEqual([
        'NAME  READY  STATUS  RESTARTS  AGE',
        'box  1/1  Running  0  AGE',
        'web  1/1  Running  0  AGE',
        '',
      ]);
    });

    test('shows more with -o wide', async () => {
      const lines = normal(await ok(['get', 'pod', 'web', '-o', 'wide'])).split('\n');
      expect(lines).toEqual([
        'NAME  READY  STATUS  RESTARTS  AGE  IP  NODE  NOMINATED NODE  READINESS GATES',
        'web  1/1  Running  0  AGE  10.244.1.2  node-1  <none>  <none>',
        '',
      ]);
    });

    test.each([
      [
        ['get', 'nodes'],
        /^NAME {2}STATUS {2}ROLES {2}AGE {2}VERSION\nnode-1 {2}Ready {2}<none> {2}AGE {2}v1\.33\.1\nnode-2 {2}Ready {2}<none> {2}AGE {2}v1\.33\.1\n$/,
      ],
      [
        ['get', 'services'],
        /^NAME {2}TYPE {2}CLUSTER-IP {2}EXTERNAL-IP {2}PORT\(S\) {2}AGE\nkubernetes {2}ClusterIP {2}10\.96\.0\.1 {2}<none> {2}443\/TCP {2}AGE\nshop {2}ClusterIP {2}10\.\S+ {2}<none> {2}80\/TCP {2}AGE\nweb {2}ClusterIP {2}10\.\S+ {2}<none> {2}80\/TCP,443\/TCP {2}AGE\n$/,
      ],
      [
        ['get', 'deployments'],
        /^NAME {2}READY {2}UP-TO-DATE {2}AVAILABLE {2}AGE\nshop {2}2\/2 {2}2 {2}2 {2}AGE\n$/,
      ],
      [
        ['get', 'replicasets'],
        /^NAME {2}DESIRED {2}CURRENT {2}READY {2}AGE\nshop-HASH {2}2 {2}2 {2}2 {2}AGE\n$/,
      ],
      [
        ['get', 'namespaces'],
        /^NAME {2}STATUS {2}AGE\ndefault {2}Active {2}AGE\nkube-node-lease {2}Active {2}AGE\nkube-public {2}Active {2}AGE\nkube-system {2}Active {2}AGE\n$/,
      ],
      [
        ['get', 'endpoints', 'web'],
        /NAME {2}ENDPOINTS {2}AGE\nweb {2}10\.244\.1\.2:8080,10\.244\.1\.2:8443 {2}AGE\n$/,
      ],
      [['get', 'serviceaccounts'], /^NAME {2}SECRETS {2}AGE\ndefault {2}0 {2}AGE\n$/],
      [['get', 'configmaps'], /^NAME {2}DATA {2}AGE\nkube-root-ca\.crt {2}1 {2}AGE\n$/],
      [
        ['get', 'leases', '-n', 'kube-node-lease'],
        /^NAME {2}HOLDER {2}AGE\nnode-1 {2}node-1 {2}AGE\nnode-2 {2}node-2 {2}AGE\n$/,
      ],
      [
        ['get', 'endpointslices', '-l', 'kubernetes.io/service-name=shop'],
        /^NAME {2}ADDRESSTYPE {2}PORTS {2}ENDPOINTS {2}AGE\nshop-\S+ {2}IPv4 {2}8080 {2}10\.244\.\d\.\d+,10\.244\.\d\.\d+ {2}AGE\n$/,
      ],
      [['get', 'rolebindings'], /^NAME {2}ROLE {2}AGE\ndevelopers {2}ClusterRole\/edit {2}AGE\n$/],
      [
        ['get', 'events', '--field-selector', 'reason=ScalingReplicaSet'],
        /^LAST SEEN {2}TYPE {2}REASON {2}OBJECT {2}MESSAGE\nAGE {2}Normal {2}ScalingReplicaSet {2}deployment\/shop {2}Scaled up replica set shop-HASH (from 0 )?to 2\n$/,
      ],
    ])('%j', async (args, expected) => {
      const said = await say(args);
      expect(said.code).toBe(0);
      expect(normal(said.stdout)).toMatch(expected);
    });

    test('gives objects as JSON, YAML, names, by JSONPath and in columns', async () => {
      const list = JSON.parse(await ok(['get', 'pods', '-o', 'json'])) as ListOf;
      expect(list).toMatchObject({ kind: 'List', apiVersion: 'v1' });
      expect(list.items[0]).toMatchObject({ kind: 'Pod', apiVersion: 'v1' });
      const pod = parse(await ok(['get', 'pod', 'web', '-o', 'yaml'])) as {
        metadata: object;
        spec: { nodeName: string };
      };
      expect(pod.spec.nodeName).toBe('node-1');
      expect(Object.keys(pod)).toEqual(['apiVersion', 'kind', 'metadata', 'spec', 'status']);
      expect(await ok(['get', 'pods', '-l', 'app=web', '-o', 'name'])).toBe('pod/web\n');
      expect(await ok(['get', 'pod', 'web', '-o', 'jsonpath={.spec.containers[*].image}'])).toBe(
        'midplane/web',
      );
      expect(
        normal(
          await ok(['get', 'pod', 'web', '-o', 'custom-columns=NAME:.metadata.name,NODE:.spec.nodeName']),
        ),
      ).toBe('NAME  NODE\nweb  node-1\n');
    });

    test('selects, sorts, pages and looks everywhere', async () => {
      expect(
        await ok([
          'get',
          'pods',
          '-A',
          '--field-selector',
          'spec.nodeName=node-2,status.phase=Running',
          '-o',
          'name',
        ]),
      ).toContain('pod/web-2\n');
      const sorted = await ok([
        'get',
        'pods',
        '--sort-by=.metadata.name',
        '--no-headers',
        '-l',
        'app in (box,web)',
      ]);
      expect(sorted.split('\n').map((line) => line.split(' ')[0])).toEqual(['box', 'web', '']);
      const paged = await ok(['get', 'clusterroles', '--chunk-size=7', '--no-headers']);
      const whole = await ok(['get', 'clusterroles', '--chunk-size=0', '--no-headers']);
      expect(paged.split('\n').length).toBeGreaterThan(8);
      expect(paged.split('\n').map((line) => line.split(' ')[0])).toEqual(
        whole.split('\n').map((line) => line.split(' ')[0]),
      );
      const everywhere = normal(await ok(['get', 'pods', '-A', '-l', 'app=node-agent']));
      expect(everywhere).toBe(
        'NAMESPACE  NAME  READY  STATUS  RESTARTS  AGE\nkube-system  node-agent  1/1  Running  0  AGE\n',
      );
    });

    test('all shows what belongs to the category', async () => {
      const said = await ok(['get', 'all', '-o', 'name']);
      expect(said).toMatch(/^pod\/box\n/m);
      expect(said).toMatch(/^service\/web\n/m);
      expect(said).toMatch(/^deployment\.apps\/shop\n/m);
      expect(said).toMatch(/^replicaset\.apps\/shop-/m);
    });

    test('watches', async () => {
      const name = `watched-${kubectl.version.replace('.', '-')}`;
      const watching = workplace.start(kubectl, ['get', 'configmaps', '-w', '-l', `seen=${name}`]);
      const making = workplace.lab.cluster.admin.request('POST', '/api/v1/namespaces/default/configmaps', {
        body: { metadata: { name, labels: { seen: name } }, data: { a: '1', b: '2' } },
      });
      await watching.until(new RegExp(`${name}\\s+2\\s+\\d+s`));
      expect((await making).ok).toBe(true);
      watching.child.kill('SIGINT');
      await watching.ended;
      await workplace.lab.cluster.admin.request('DELETE', `/api/v1/namespaces/default/configmaps/${name}`);
    });

    test.each([
      [['get', 'pod', 'absent'], 'Error from server (NotFound): pods "absent" not found\n'],
      [['get', 'gadgets'], 'error: the server doesn\'t have a resource type "gadgets"\n'],
      [['get', 'pods', '-n', 'absent'], 'No resources found in absent namespace.\n'],
      [['get', 'pods', '--field-selector', 'spec.color=red'], /field label not supported: spec\.color/],
      [['get', 'pods', '-l', '=x'], /unable to parse requirement/],
    ])('%j is answered in the words of a cluster', async (args, words) => {
      const { stderr } = await say(args);
      if (typeof words === 'string') expect(stderr).toBe(words);
      else expect(stderr).toMatch(words);
    });
  });

  describe('describe', () => {
    test('a pod, down to its events', async () => {
      const said = await ok(['describe', 'pod', 'web']);
      expect(said).toMatch(/^Name:\s+web\nNamespace:\s+default\n/);
      expect(said).toMatch(/\nNode:\s+node-1\/10\.0\.0\.11\n/);
      expect(said).toMatch(/\nStatus:\s+Running\nIP:\s+10\.244\.1\.2\n/);
      expect(said).toMatch(
        /\n {2}web:\n {4}Container ID:\s+\S+:\/\/[0-9a-f]{64}\n {4}Image:\s+midplane\/web\n/,
      );
      expect(said).toMatch(/\nConditions:\n {2}Type\s+Status\s*\n/);
      expect(said).toMatch(/\n {2}Ready\s+True/);
      expect(said).toMatch(/\nEvents:\n {2}Type\s+Reason\s+Age\s+From\s+Message\n/);
      expect(said).toMatch(/Normal\s+Started\s+\S+.*kubelet\s+Started container web\n/);
    });

    test('a pod that crashes says so', async () => {
      const said = await ok(['describe', 'pod', 'crash']);
      expect(said).toMatch(/Last State:\s+Terminated\n\s+Reason:\s+Error\n\s+Exit Code:\s+1\n/);
      expect(said).toMatch(/Restart Count:\s+[1-9]/);
    });

    test('a node with its pods and resources', async () => {
      const said = await ok(['describe', 'node', 'node-1']);
      expect(said).toMatch(/\nLease:\n {2}HolderIdentity:\s+node-1\n/);
      expect(said).toMatch(/\n {2}Ready\s+True\s.*KubeletReady/);
      expect(said).toMatch(/\nAddresses:\n {2}InternalIP:\s+10\.0\.0\.11\n/);
      expect(said).toMatch(/\nNon-terminated Pods:\s+\(\d+ in total\)\n/);
      expect(said).toMatch(/\n {2}default\s+web\s/);
      expect(said).toMatch(/\nAllocated resources:\n/);
    });

    test.each([
      [
        'service',
        'shop',
        /\nType:\s+ClusterIP\n[\s\S]*\nEndpoints:\s+10\.244\.\d\.\d+:8080,10\.244\.\d\.\d+:8080\n/,
      ],
      [
        'deployment',
        'shop',
        /\nReplicas:\s+2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable\n[\s\S]*\nNewReplicaSet:\s+shop-\w+ \(2\/2 replicas created\)\n/,
      ],
      [
        'replicaset',
        'shop',
        /\nControlled By:\s+Deployment\/shop\nReplicas:\s+2 current \/ 2 desired\nPods Status:\s+2 Running \/ 0 Waiting \/ 0 Succeeded \/ 0 Failed\n/,
      ],
      [
        'namespace',
        'default',
        /^Name:\s+default\nLabels:\s+kubernetes\.io\/metadata\.name=default\n[\s\S]*\nStatus:\s+Active\n/,
      ],
      ['serviceaccount', 'default', /^Name:\s+default\nNamespace:\s+default\n/],
      ['configmap', 'kube-root-ca.crt', /\nData\n====\nca\.crt:\n----\n-----BEGIN CERTIFICATE-----\n/],
      ['clusterrole', 'view', /\nPolicyRule:\n {2}Resources\s+Non-Resource URLs\s+Resource Names\s+Verbs\n/],
    ])('%s %s', async (kind, name, expected) => {
      const said = await say(['describe', kind, name]);
      expect(said.code).toBe(0);
      // Those that read Endpoints are told that 1.33 deprecates them.
      expect(['', `${endpointsWarning}\n`]).toContain(said.stderr);
      expect(said.stdout).toMatch(expected);
    });
  });

  describe('explain', () => {
    test('tells of a kind and its fields', async () => {
      const said = await ok(['explain', 'pod']);
      expect(said).toMatch(/KIND:\s+Pod\nVERSION:\s+v1\n/);
      expect(said).toMatch(/\n\s+spec\t<(Object|PodSpec)>/);
      const field = await ok(['explain', 'pod.spec.containers.image']);
      expect(field).toMatch(/FIELD:\s+image <string>/);
      expect(await ok(['explain', 'deployment.spec', '--recursive'])).toMatch(/replicas\t<integer>/);
    });

    test('knows nothing of what is not served', async () => {
      expect((await say(['explain', 'gadget'])).stderr).toContain(
        'the server doesn\'t have a resource type "gadget"',
      );
      expect((await say(['explain', 'pod.spec.colour'])).stderr).toContain('field "colour" does not exist');
    });
  });

  test('api-resources and api-versions list what is served', async () => {
    const resources = normal(await ok(['api-resources']));
    expect(resources).toMatch(/^pods {2}po {2}v1 {2}true {2}Pod$/m);
    expect(resources).toMatch(/^deployments {2}deploy {2}apps\/v1 {2}true {2}Deployment$/m);
    expect(resources).toMatch(
      /^certificatesigningrequests {2}csr {2}certificates\.k8s\.io\/v1 {2}false {2}CertificateSigningRequest$/m,
    );
    const versions = (await ok(['api-versions'])).trim().split('\n');
    expect(versions).toEqual(
      expect.arrayContaining(['apps/v1', 'metrics.k8s.io/v1beta1', 'rbac.authorization.k8s.io/v1', 'v1']),
    );
    expect(versions).toEqual([...versions].sort());
  });

  test('version and cluster-info know the server', async () => {
    // Some warn that they are too far from 1.33.
    const version = JSON.parse((await say(['version', '-o', 'json'])).stdout) as {
      serverVersion: { gitVersion: string };
    };
    expect(version.serverVersion.gitVersion).toBe('v1.33.1');
    expect(await ok(['cluster-info'])).toMatch(
      /Kubernetes (control plane|master).* is running at .*https:\/\/127\.0\.0\.1:\d+/,
    );
  });

  test('get --raw reads health, metrics and discovery', async () => {
    expect(await ok(['get', '--raw', '/readyz'])).toBe('ok');
    expect(await ok(['get', '--raw', '/livez?verbose'])).toMatch(
      /^\[\+\]ping ok\n[\s\S]*\nlivez check passed\n$/,
    );
    const metrics = await ok(['get', '--raw', '/metrics']);
    expect(metrics).toMatch(/^apiserver_request_total\{[^}]*verb="LIST"[^}]*\} \d+$/m);
    expect(JSON.parse(await ok(['get', '--raw', '/apis']))).toMatchObject({ kind: 'APIGroupList' });
  });

  test('top measures nodes and pods', async () => {
    expect(narrow(await ok(['top', 'node']))).toMatch(
      /^NAME {2}CPU\(cores\) {2}CPU[%(]\S* {2}MEMORY\(bytes\) {2}MEMORY[%(]\S*\nnode-1 {2}\d+m {2}\d+% {2}\d+Mi {2}\d+%\nnode-2 /,
    );
    expect(narrow(await ok(['top', 'pod', '-l', 'app=web']))).toMatch(
      /^NAME {2}CPU\(cores\) {2}MEMORY\(bytes\)\nweb {2}\d+m {2}\d+Mi\n$/,
    );
    expect(narrow(await ok(['top', 'pod', '-A', '--containers']))).toMatch(
      /^NAMESPACE {2}POD {2}NAME {2}CPU\(cores\) {2}MEMORY\(bytes\)\n/,
    );
  });

  describe('auth', () => {
    test('can-i answers for everybody', async () => {
      expect(await ok(['auth', 'can-i', 'delete', 'pods'])).toBe('yes\n');
      const no = await say(['auth', 'can-i', 'delete', 'nodes'], { role: 'viewer' });
      expect(no).toMatchObject({ code: 1 });
      expect(no.stdout).toBe('no\n');
      expect(await ok(['auth', 'can-i', 'create', 'pods'], { role: 'developer' })).toBe('yes\n');
      expect(await ok(['auth', 'can-i', 'get', 'pods', '--as', 'somebody', '--as-group', 'viewers'])).toBe(
        'yes\n',
      );
    });

    test('can-i answers for a node what its pods make of it', async () => {
      const node = ['--as=system:node:node-1', '--as-group=system:nodes'];
      const canI = (...args: string[]): Promise<Said> =>
        workplace.run(kubectl, ['auth', 'can-i', ...args, ...node]);
      const stranger = "no - no relationship found between node 'node-1' and this object\n";
      expect((await canI('get', 'configmap/kube-root-ca.crt', '-n', 'default')).stdout).toBe('yes\n');
      expect((await canI('get', 'configmap/kube-root-ca.crt', '-n', 'kube-public')).stdout).toBe(stranger);
      expect(await canI('get', 'secret/x')).toMatchObject({ code: 1, stdout: stranger });
      const listed = await workplace.run(kubectl, ['get', 'nodes', ...node]);
      expect(listed.stderr).toBe(
        'Error from server (Forbidden): nodes is forbidden: User "system:node:node-1" cannot list resource "nodes" in API group "" at the cluster scope: node \'node-1\' cannot read all nodes, only its own Node object\n',
      );
      const label = 'node-restriction.kubernetes.io/secure=true';
      const labelled = await workplace.run(kubectl, ['label', 'node', 'node-1', label, ...node]);
      expect(labelled.stderr).toBe(
        'Error from server (Forbidden): nodes "node-1" is forbidden: is not allowed to modify labels: node-restriction.kubernetes.io/secure\n',
      );
    });

    test('can-i --list shows rules', async () => {
      const said = normal(await ok(['auth', 'can-i', '--list'], { role: 'attacker' }));
      expect(said).toMatch(/^Resources {2}Non-Resource URLs {2}Resource Names {2}Verbs\n/);
      expect(said).toMatch(/selfsubjectaccessreviews\.authorization\.k8s\.io {2}\[\] {2}\[\] {2}\[create\]/);
      expect(said).toMatch(/\[\/healthz\]/);
    });

    if (minor(kubectl) >= 27) {
      test('whoami knows who asks', async () => {
        const said = normal(await ok(['auth', 'whoami'], { role: 'developer' }));
        expect(said).toMatch(
          /^ATTRIBUTE {2}VALUE\nUsername {2}developer\nGroups {2}\[developers system:authenticated\]\n/,
        );
      });
    }

    test.each([
      [
        'viewer',
        ['get', 'secrets'],
        'Error from server (Forbidden): secrets is forbidden: User "viewer" cannot list resource "secrets" in API group "" in the namespace "default"\n',
      ],
      [
        'attacker',
        ['get', 'nodes'],
        'Error from server (Forbidden): nodes is forbidden: User "attacker" cannot list resource "nodes" in API group "" at the cluster scope\n',
      ],
      [
        'developer',
        ['delete', 'pod', 'node-agent', '-n', 'kube-system'],
        'Error from server (Forbidden): pods "node-agent" is forbidden: User "developer" cannot delete resource "pods" in API group "" in the namespace "kube-system"\n',
      ],
    ] as const)('%s is refused %j in the words of a cluster', async (role, args, words) => {
      expect(await say([...args], { role })).toMatchObject({ code: 1, stderr: words });
    });
  });

  if (minor(kubectl) >= 27) {
    test('events tells what happened', async () => {
      const said = normal(await ok(['events', '--for', 'pod/web']));
      expect(said).toMatch(/^LAST SEEN {2}TYPE {2}REASON {2}OBJECT {2}MESSAGE\n/);
      expect(said).toMatch(/Normal {2}Started {2}Pod\/web {2}Started container web\n/);
    });
  }
});
