import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { SettingClass } from '../report/given-outcome';
import { planCheck } from './plan-check';
import { readGiven } from './read-given';

const manifest = (name: string): string =>
  readFileSync(join(__dirname, '..', '..', 'test', 'manifests', name), 'utf8');
const plan = (...texts: string[]) => planCheck(texts.flatMap((text, index) => readGiven(text, `f${index}`)));
const planFiles = (...names: string[]) => planCheck(names.flatMap((name) => readGiven(manifest(name), name)));
const namesOf = ({ settings }: ReturnType<typeof plan>, of: SettingClass): string[] =>
  settings
    .filter((it) => it.class === of)
    .map(({ name, value }) => (value === null ? name : `${name}=${value}`));

const ca = '--kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt';
const clientCa = { clientCAFile: '/etc/kubernetes/pki/ca.crt' };

describe('the lab gets the settings that were given', () => {
  test('those of kubeadm', () => {
    const { lab, assumptions } = planFiles('kubeadm-kube-apiserver.yaml', 'kubeadm-kubelet-config.yaml');
    expect(lab.dials).toBe('addresses');
    expect(lab.settings).toMatchObject({
      apiserver: [],
      kubeletServing: 'self-signed',
      clientTrust: 'cluster-authority',
    });
    expect(lab.settings.kubelet).toEqual({
      authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: clientCa },
      authorization: { mode: 'Webhook' },
    });
    expect(assumptions).toEqual([
      'No kubeconfig was given: those of the cluster are taken to verify the apiserver.',
    ]);
  });

  test('of a hardened cluster', () => {
    const given = planFiles('hardened-cluster.yaml');
    expect(given.lab.settings.apiserver).toEqual([ca, '--anonymous-auth=false']);
    expect(given.lab.settings.kubelet).toMatchObject({
      serverTLSBootstrap: true,
      tlsMinVersion: 'VersionTLS13',
    });
    expect(given.lab.settings.kubeletServing).toBe('cluster-authority');
    expect(namesOf(given, 'not-played')).toEqual(['featureGates']);
    expect(namesOf(given, 'no-influence')).toContain('--enable-admission-plugins=AlwaysPullImages');
    expect(namesOf(given, 'unknown')).toEqual([]);
  });

  test('what k3s sets by itself, and what its file says otherwise', () => {
    const given = planFiles('k3s-config.yaml');
    expect(given.lab.settings.apiserver).toEqual([ca, '--anonymous-auth=true']);
    expect(given.lab.settings.kubelet.readOnlyPort).toBe(10255);
    expect(given.lab.settings.kubeletServing).toBe('cluster-authority');
    expect(namesOf(given, 'not-played')).toEqual(['--egress-selector-config-file']);
  });

  test('of kubeadm’s machines the one that joins', () => {
    const kubelet = (kind: string, rest: string): string =>
      `kind: ${kind}\nnodeRegistration:\n  criSocket: unix:///c\n  kubeletExtraArgs: {read-only-port: "${rest}"}`;
    const init = kubelet('InitConfiguration', '10255');
    const join = `${kubelet('JoinConfiguration', '0')}\ndiscovery: {bootstrapToken: {token: a.b, unsafeSkipCAVerification: true}}`;
    const given = plan('kind: ClusterConfiguration\napiServer: {certSANs: [a]}', init, join);
    expect(given.lab.settings.kubelet.readOnlyPort).toBe(0);
    expect(plan(init).lab.settings.kubelet.readOnlyPort).toBe(10255);
    expect(namesOf(given, 'no-influence')).toEqual([
      'apiServer.certSANs',
      'nodeRegistration.kubeletExtraArgs',
      'nodeRegistration.criSocket',
      'nodeRegistration.criSocket',
    ]);
    const unverified = given.settings.find((row) => row.class === 'not-played');
    expect(unverified).toMatchObject({
      name: 'discovery.bootstrapToken.unsafeSkipCAVerification',
      at: { file: 'f2', line: 5, column: 68 },
    });
  });

  test("of a command line kube-apiserver's own defaults, not kubeadm's", () => {
    const { lab } = plan('kube-apiserver --anonymous-auth=false');
    expect(lab.dials).toBe('names');
    expect(lab.settings.insteadOf).toMatchObject({
      '--authorization-mode=Node,RBAC': '--authorization-mode=AlwaysAllow',
      '--enable-admission-plugins=NodeRestriction': '',
      '--kubelet-client-key=/etc/kubernetes/pki/apiserver-kubelet-client.key': '',
    });
  });

  test.each<[string, string, object]>([
    ['flags alone', 'kubelet --v=2', { anonymous: { enabled: true }, x509: { clientCAFile: '' } }],
    [
      'a file',
      'kind: KubeletConfiguration\nauthentication: {x509: {clientCAFile: /ca}}',
      { anonymous: { enabled: false }, x509: clientCa },
    ],
  ])('of a kubelet with %s the defaults that go with it', (_, text, authentication) => {
    expect(plan(text).lab.settings.kubelet.authentication).toMatchObject(authentication);
  });

  test('a field without a value is one that was not given', () => {
    const given = plan(
      'kind: KubeletConfiguration\nauthorization:\nauthentication: {x509: {clientCAFile: /ca}, anonymous: }',
    );
    expect(given.lab.settings.kubelet.authorization).toEqual({ mode: 'Webhook' });
    expect(namesOf(given, 'unknown')).toEqual([]);
  });

  test('a flag of the kubelet outweighs the file', () => {
    const { lab } = plan(
      'kubelet --config=/c --read-only-port=10255',
      'kind: KubeletConfiguration\nreadOnlyPort: 0\nauthentication: {x509: {clientCAFile: /ca}}',
    );
    expect(lab.settings.kubelet.readOnlyPort).toBe(10255);
  });

  test('lists that are given again grow; of other flags the last counts', () => {
    const { lab } = plan(
      'kube-apiserver --authorization-mode=Node --authorization-mode=RBAC --anonymous-auth=true --anonymous-auth=false',
    );
    expect(lab.settings.insteadOf?.['--authorization-mode=Node,RBAC']).toBe('--authorization-mode=Node,RBAC');
    expect(lab.settings.apiserver).toEqual(['--anonymous-auth=false']);
  });
});

describe('every setting is in a class', () => {
  test('what is said again counts for nothing, and that is told', () => {
    const given = plan(
      'kube-apiserver --anonymous-auth=true --anonymous-auth=false',
      'kind: KubeletConfiguration\nreadOnlyPort: 10255\nauthentication: {x509: {clientCAFile: /ca}}',
      'kubelet --config=/c --read-only-port=1 --read-only-port=0',
    );
    const again = given.settings.filter(({ why }) => why === 'given again, and the last one counts');
    expect(again.map(({ name, at }) => `${name} ${at?.line}:${at?.column}`)).toEqual([
      '--anonymous-auth 1:16',
      'readOnlyPort 2:1',
      '--read-only-port 1:21',
    ]);
    expect(namesOf(given, 'used')).toEqual(
      expect.arrayContaining(['--anonymous-auth=false', '--read-only-port=0']),
    );
  });

  test('what RKE2 has beside the options of k3s', () => {
    const given = plan(
      'cni: cilium\nprofile: cis\netcd-extra-env: [a=b]\nkubelet-arg: [max-pods=9]\nuppetty: 1',
    );
    expect(namesOf(given, 'no-influence')).toEqual(['--max-pods', 'cni', 'profile', 'etcd-extra-env']);
    expect(namesOf(given, 'unknown')).toEqual(['uppetty']);
  });

  test('a unit with a flag of another release', () => {
    const given = planFiles('kube-apiserver.service');
    expect(namesOf(given, 'unknown')).toEqual(['--kubelet-https']);
    expect(namesOf(given, 'not-played')).toEqual(['variable $EXTRA_ARGS']);
    expect(namesOf(given, 'no-influence')).toEqual([
      '--advertise-address',
      '--allow-privileged',
      '--etcd-servers',
      '--v',
    ]);
  });

  test.each<[string, SettingClass, string, RegExp]>([
    [
      'kube-apiserver --kubelet-certificate-authorty=/ca',
      'unknown',
      '--kubelet-certificate-authorty',
      /did you mean --kubelet-certificate-authority\?/,
    ],
    ['kube-apiserver --feature-gates=Strange=true', 'not-played', '--feature-gates=Strange=true', /a gate/],
    ['kubelet --anonymus-auth=false', 'unknown', '--anonymus-auth', /did you mean --anonymous-auth\?/],
    [
      'kind: KubeletConfiguration\nauthentication: {x509: {clientCAFile: /ca}}\nserverTlsBootstrap: true',
      'unknown',
      'serverTlsBootstrap',
      /did you mean serverTLSBootstrap\?/,
    ],
    [
      'kind: KubeletConfiguration\nauthentication: {x509: {clientCAFile: /ca}, anonymus: {}}',
      'unknown',
      'authentication.anonymus',
      /did you mean authentication\.anonymous/,
    ],
    ['tokn: abc\nkubelet-arg: []', 'unknown', 'tokn', /did you mean token\?/],
  ])('%j', (text, of, name, why) => {
    const row = plan(text).settings.find((it) => it.class === of);
    expect(row === undefined ? null : row.value === null ? row.name : `${row.name}=${row.value}`).toBe(name);
    expect(row?.why).toMatch(why);
  });

  test('no value is kept of what was not used', () => {
    const texts = [manifest('k3s-config.yaml'), 'kind: Config\nusers: [{user: {token: s3cret-t}}]'];
    expect(JSON.stringify(plan(...texts))).not.toMatch(/not-for-anybodys-eyes|s3cret-t/);
    expect(JSON.stringify(plan('kube-apiserver --oidc-client-id=s3cret --madeup=s3cret'))).not.toMatch(
      /s3cret/,
    );
  });
});

describe('what a component would not start with is refused, with its place', () => {
  test.each<[string, string]>([
    [
      'kube-apiserver --v=1 --anonymous-auth=maybe',
      'f0:1:22: invalid argument "maybe" for "--anonymous-auth" flag',
    ],
    ['kube-apiserver --authorization-mode=Nod', 'f0:1:16: authorization-mode "Nod" is not a valid mode'],
    [
      'kube-apiserver --kubelet-client-key=/k',
      'f0:1:1: --kubelet-client-key is set without --kubelet-client-certificate',
    ],
    ['kube-apiserver --kubelet-preferred-address-types=Host', 'f0:1:16: invalid argument "Host"'],
    ['kubelet --read-only-port=ten', 'f0:1:9: readOnlyPort is "ten"'],
    [
      'kind: KubeletConfiguration\nreadOnlyPort: 99999',
      'readOnlyPort (--read-only-port) 99999 must be between',
    ],
    [
      'kind: KubeletConfiguration\nauthorization: {mode: Maybe}',
      'f0:1:1: unknown authorization mode "Maybe"',
    ],
    [
      'kind: KubeletConfiguration\nauthentication:\n  anonymous: true',
      'f0:3:3: authentication.anonymous is true',
    ],
    ['kind: KubeletConfiguration\nauthentication: [a]', 'f0:2:1: authentication is ["a"]'],
    [
      'kind: ClusterConfiguration\napiServer: {extraArgs: [{name: v, value: "1"}, {value: x}]}',
      'f0:2:48: an extra argument has no name',
    ],
    [
      'kind: KubeletConfiguration\nauthentication: {anonymous: {enabled: "no way"}}',
      'f0:2:30: authentication.anonymous.enabled is "no way"',
    ],
    [
      'kind: KubeletConfiguration\nserverTLSBootstrap: true\ntlsCertFile: /c\ntlsPrivateKeyFile: /k',
      'serverTLSBootstrap is set together with tlsCertFile',
    ],
  ])('%j', (text, message) => {
    expect(() => plan(text)).toThrow(message);
  });

  test('nothing but what speaks of something else', () => {
    expect(() => plan('kind: Secret', 'kind: EgressSelectorConfiguration')).toThrow(
      'f0:1:1: nothing that was given speaks of kube-apiserver, kubelet or a kubeconfig',
    );
  });

  test('one component twice', () => {
    expect(() => plan('kubelet --v=1', 'kubelet --v=2')).toThrow(
      'the flags of kubelet are given twice: at f0:1:1 and at f1:1:1',
    );
  });
});
