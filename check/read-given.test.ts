import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { GivenPart } from './given';
import { readGiven, readGivenWords } from './read-given';

const manifest = (name: string): string =>
  readFileSync(join(__dirname, '..', '..', 'test', 'manifests', name), 'utf8');

/** `--name=value line:column` of every flag and field. */
function said(part: GivenPart): string[] {
  const rows = 'flags' in part ? part.flags : 'fields' in part ? part.fields : [];
  return rows.map(({ name, value, at }) => `${name}=${String(value)} ${at.line}:${at.column}`);
}
const kinds = (parts: readonly GivenPart[]): string[] =>
  parts.map((part) =>
    'installer' in part && part.installer !== null ? `${part.installer} ${part.kind}` : part.kind,
  );

describe('what people have is read', () => {
  test('a static-pod manifest', () => {
    const parts = readGiven(manifest('kubeadm-kube-apiserver.yaml'), 'm.yaml');
    expect(kinds(parts)).toEqual(['apiserver']);
    const flags = parts.flatMap(said);
    expect(flags).toHaveLength(27);
    expect(flags).toContain('authorization-mode=Node,RBAC 17:7');
    expect(flags).toContain('tls-private-key-file=/etc/kubernetes/pki/apiserver.key 41:7');
  });

  test('a KubeletConfiguration, leaf by leaf', () => {
    const parts = readGiven(manifest('kubeadm-kubelet-config.yaml'), 'k.yaml');
    expect(kinds(parts)).toEqual(['kubelet-configuration']);
    const fields = parts.flatMap(said);
    expect(fields).toContain('authentication.anonymous.enabled=false 4:5');
    expect(fields).toContain('authorization.mode=Webhook 11:3');
    expect(fields.some((it) => it.startsWith('logging=') && it.endsWith(' 29:1'))).toBe(true);
  });

  test.each<[file: string, kinds: string[], first: string]>([
    [
      'hardened-cluster.yaml',
      ['kubeadm apiserver', 'other', 'kubelet-configuration'],
      'kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt 7:7',
    ],
    [
      'kubeadm-v1beta3.yaml',
      ['kubeadm apiserver', 'kubeadm kubelet'],
      'kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt 5:5',
    ],
    [
      'k3s-config.yaml',
      ['k3s apiserver', 'k3s kubelet', 'other', 'other', 'other', 'other'],
      'anonymous-auth=true 11:5',
    ],
    ['kube-apiserver.service', ['apiserver', 'other'], 'advertise-address=10.240.0.10 9:3'],
    ['kubelet.sh', ['kubelet'], 'kubeconfig=/var/lib/kubelet/kubeconfig 4:3'],
  ])('%s', (file, expected, first) => {
    const parts = readGiven(manifest(file), file);
    expect(kinds(parts)).toEqual(expected);
    expect(parts.flatMap(said)[0]).toBe(first);
  });

  test('variables of a unit that its own lines give are put in; the others are told', () => {
    const parts = readGiven(manifest('kube-apiserver.service'), 'u');
    expect(parts.flatMap(said)).toContain('v=2 17:3');
    expect(parts.at(-1)).toMatchObject({ kind: 'other', name: 'variable $EXTRA_ARGS', class: 'not-played' });
  });

  test.each<[string, string[]]>([
    ['--register-node --v 2', ['register-node=true 1:2', 'v=2 1:3']],
    ['--max-pods 110 -v=4', ['max-pods=110 1:2', 'v=4 1:4']],
    ['-v4 --config=a=b', ['v=4 1:2', 'config=a=b 1:3']],
  ])('flags as pflag reads them: kubelet %s', (flags, rows) => {
    expect(said(readGivenWords(['/usr/bin/kubelet', ...flags.split(' ')]))).toEqual(rows);
  });

  test.each(['kubeadm-kube-apiserver.yaml', 'kube-apiserver.service', 'kubelet.sh'])(
    '%s as an editor of Windows saves it',
    (name) => {
      const text = manifest(name);
      expect(readGiven(`\ufeff${text.replaceAll('\n', '\r\n')}`, 'f')).toEqual(readGiven(text, 'f'));
    },
  );

  test('what a kubelet says of itself at /configz', () => {
    const parts = readGiven('{"kubeletconfig":{"authentication":{"anonymous":{"enabled":true}}}}', 'z');
    expect(kinds(parts)).toEqual(['kubelet-configuration']);
    expect(parts.flatMap(said)).toEqual(['authentication.anonymous.enabled=true 1:50']);
  });

  test('documents without anything in them are passed over', () => {
    const text = `---\n# ours\n---\n${manifest('kubeadm-kubelet-config.yaml')}---\n`;
    expect(kinds(readGiven(text, 'f'))).toEqual(['kubelet-configuration']);
  });

  test.each(['Deployment', 'StatefulSet', 'DaemonSet'])('the pods of a %s', (kind) => {
    const containers = [{ command: ['etcd'] }, { command: ['kube-apiserver'], args: ['--v', '1'] }];
    const text = JSON.stringify({ kind, spec: { template: { spec: { containers } } } });
    expect(readGiven(text, 'f').flatMap(said)).toEqual([expect.stringMatching(/^v=1 /)]);
  });

  test.each([
    '--v=2 1>>/var/log/kubelet.log 2>&1',
    '--v 2 >> /var/log/kubelet.log &',
    '--v=2 && echo it --ended | tee log',
  ])('of a line of a shell what the program gets: kubelet %s', (rest) => {
    expect(readGiven(`exec kubelet ${rest}`, 'f').flatMap(said)).toEqual(['v=2 1:14']);
  });

  test('a command inside a shell, in a block whose lines are those of the file', () => {
    const script = ['exec kube-apiserver --v=2 \\', '  --profiling=false 2>&1'];
    const lines = ['kind: Pod', 'spec:', '  containers:', '  - command:', '    - sh', '    - -c', '    - |'];
    const text = [...lines, ...script.map((line) => `      ${line}`)].join('\n');
    expect(readGiven(text, 'f').flatMap(said)).toEqual(['v=2 8:27', 'profiling=false 9:9']);
    const pod = { kind: 'Pod', spec: { containers: [{ command: ['sh', '-c', script.join('\n')] }] } };
    expect(readGiven(JSON.stringify(pod), 'f').flatMap(said)).toEqual(['v=2 1:59', 'profiling=false 1:59']);
  });

  test('a command inside a shell, and one in JSON', () => {
    const pod = {
      kind: 'Pod',
      spec: { containers: [{ command: ['sh', '-c', "exec kube-apiserver --v='2'"] }] },
    };
    expect(readGiven(JSON.stringify(pod), 'p.json').flatMap(said)[0]).toMatch(/^v=2 /);
  });

  test.each<[string, boolean]>([
    ['a', true],
    ['b', false],
  ])('of a kubeconfig the cluster that is in use counts: %s', (inUse, skips) => {
    const text = [
      'apiVersion: v1',
      'kind: Config',
      `current-context: ${inUse}`,
      'contexts: [{name: a, context: {cluster: one}}, {name: b, context: {cluster: two}}]',
      'clusters: [{name: one, cluster: {insecure-skip-tls-verify: true}}, {name: two, cluster: {}}]',
    ].join('\n');
    expect(readGiven(text, 'c')).toMatchObject([{ kind: 'kubeconfig', skipsVerification: skips }]);
  });

  test('a document of another kind is told, not skipped', () => {
    expect(readGiven('kind: Secret\ndata: {a: b}', 's')).toMatchObject([
      { kind: 'other', name: 'kind Secret', class: 'not-played' },
    ]);
  });
});

describe('what cannot be read is refused with its place', () => {
  test.each<[string, string]>([
    ['', 'f:1:1: the text is empty'],
    ['a: [1', 'f:1:6: not valid YAML'],
    ['kind: Pod\nkind: Pod', 'f:2:1: not valid YAML'],
    ['hello: world', 'f:1:1: the text holds a document without a kind'],
    ['etcd --data-dir=/var', 'f:1:1: the text names neither kube-apiserver nor kubelet'],
    ['[Service]\nExecStart=/bin/true', 'f:1:1: the text starts neither'],
    ['kubelet extra-word', 'f:1:9: kubelet takes flags only'],
    ['# nothing\n---\n', 'f:1:1: the text holds no document'],
    ['kubelet --config', 'f:1:9: flag needs an argument: --config'],
    [`a: &x [*x]\nkind: Pod`, 'f:'],
    [`kind: ${'['.repeat(2000)}`, 'f:'],
  ])('%j', (text, message) => {
    expect(() => readGiven(text, 'f')).toThrow(message);
  });

  test('and a boolean is given its value with =', () => {
    expect(() => readGiven('kube-apiserver --v 4 --profiling false', 'f')).toThrow(
      expect.objectContaining({
        message: 'f:1:34: kube-apiserver takes flags only, and this word is none',
        hint: '--profiling takes no word of its own: write --profiling=true or --profiling=false',
      }) as never,
    );
  });

  test('and says no word of it that could be a secret', () => {
    expect(() => readGiven('kubelet hunter2', 'f')).toThrow(expect.not.stringContaining('hunter2') as never);
  });
});
