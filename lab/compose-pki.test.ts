import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parseKubeconfig } from '../client/kubeconfig';
import { parseKubeProxyFlags } from '../kube-proxy/flags';
import { parseKubeletConfiguration } from '../kubelet/kubelet-configuration';
import { verifyServingCertificate } from '../network/verify';
import { checkKeyPair } from '../pki/key-pair';
import { type ComposePki, mintComposePki, pkiFolders } from './compose-pki';
import { composeAddresses, composeSettings } from './compose-settings';
import { parseLabDescriptor } from './lab-descriptor';
import { nodeNames } from './lab-pki';

let pki: ComposePki;
beforeAll(async () => {
  pki = await mintComposePki();
});

const file = (folder: (typeof pkiFolders)[number], name: string): string => pki.folders[folder][name] ?? '';
const noFiles = async (path: string): Promise<string> => {
  throw new Error(path);
};

describe('the keys of the lab in containers', () => {
  test('the attacker gets its control token and no key or certificate', () => {
    expect(Object.keys(pki.folders.attacker).sort()).toEqual(['control-token', 'set']);
    expect(file('attacker', 'control-token')).toBe(file('workstation', 'control-token'));
  });

  test('no folder holds the key of the authority, and no two share one but for what is stolen', () => {
    const keys = pkiFolders.flatMap((folder) =>
      Object.entries(pki.folders[folder]).filter(([name]) => name.endsWith('.key')),
    );
    const ca = new X509Certificate(file('apiserver', 'pki/ca.crt'));
    expect(keys.filter(([name]) => name.includes('ca.'))).toEqual([]);
    const ownKeys = keys.filter(([name]) => !name.startsWith('handed/stolen-'));
    expect(new Set(ownKeys.map(([, key]) => key)).size).toBe(ownKeys.length);
    expect(file('workstation', 'handed/stolen-10.78.2.11.key')).toBe(file('node-1', 'pki/kubelet.key'));
    expect(ca.subject).toBe('CN=LAB kubernetes');
  });

  test.each([
    ['apiserver', 'pki/apiserver.crt', '10.78.1.10'],
    ['apiserver', 'pki/apiserver.crt', '127.0.0.1'],
    ['node-1', 'pki/kubelet.crt', '10.78.2.11'],
    ['node-2', 'pki/kubelet.crt', '10.78.2.12'],
    ['konnectivity-server', 'server.crt', '10.78.1.30'],
    ['workstation', 'handed/stolen-10.78.2.11.crt', '10.78.2.11'],
    ['workstation', 'handed/stolen-10.78.1.30.crt', '10.78.1.30'],
  ] as const)('%s/%s is good for %s', (folder, name, host) => {
    const certPem = file(folder, name);
    const keyPem = file(folder, name.replace('.crt', '.key'));
    checkKeyPair({ certPem, keyPem, certFile: name, keyFile: name, now: new Date() });
    expect(
      verifyServingCertificate({ chainPems: certPem, caPems: file('apiserver', 'pki/ca.crt'), host }),
    ).toEqual({
      ok: true,
      error: null,
    });
  });

  test.each(['ssh-tunnel-known-hosts', 'konnectivity-kubelet-ca'] as const)(
    'the apiserver has every file that its flags name under %s',
    (defence) => {
      const flags = composeSettings(defence)?.['apiserver.flags'] ?? [];
      const named = flags.flatMap((flag) => /=\/etc\/kubernetes\/(.*)/.exec(flag)?.[1] ?? []);
      expect(named.length).toBeGreaterThan(4);
      expect(named.filter((name) => file('apiserver', name) === '')).toEqual([]);
    },
  );

  test('an sshd has its own host key, which the apiserver knows, and only the public half of the user’s', () => {
    for (const node of nodeNames) {
      const host = `${composeAddresses.nodes[node]} ${file(`sshd-${node}`, 'host_key.pub')}`;
      expect(file('apiserver', 'ssh/known_hosts')).toContain(host);
      expect(file(`sshd-${node}`, 'authorized_keys')).toBe(file('apiserver', 'ssh/id_tunnel.pub'));
      expect(Object.keys(pki.folders[`sshd-${node}`]).sort()).toEqual([
        'authorized_keys',
        'host_key',
        'host_key.pub',
        'set',
      ]);
    }
    const privateKeys = [
      file('apiserver', 'ssh/id_tunnel'),
      ...nodeNames.map((node) => file(`sshd-${node}`, 'host_key')),
    ];
    expect(new Set(privateKeys).size).toBe(3);
  });

  test('the apiserver is told where the proxy server is, and both ends of Konnectivity can show who they are', () => {
    const egress = file('apiserver', 'konnectivity/egress-selector-configuration.yaml');
    expect(egress).toContain('url: https://10.78.1.30:8090');
    for (const name of egress.match(/(?<=\/etc\/kubernetes\/).*/g) ?? [])
      expect(file('apiserver', name)).toContain('-----BEGIN');
    expect(new X509Certificate(file('konnectivity-agent', 'agent.crt')).subject).toBe(
      'CN=konnectivity-agent',
    );
    expect(Object.keys(pki.folders['konnectivity-agent']).sort()).toEqual([
      'agent.crt',
      'agent.key',
      'ca.crt',
      'set',
    ]);
  });

  test.each([
    ['kube-proxy', 'kube-proxy.conf', 'system:kube-proxy'],
    ['controller-manager', 'controller-manager.conf', 'system:kube-controller-manager'],
    ['scheduler', 'scheduler.conf', 'system:kube-scheduler'],
  ] as const)('%s/%s is the kubeconfig of %s', async (folder, name, user) => {
    const config = await parseKubeconfig(file(folder, name), name, noFiles);
    const { subject } = new X509Certificate(config.clientCertificate?.certPem ?? '');
    expect(subject).toBe(`CN=${user}`);
    expect(config).toMatchObject({ server: { host: '10.78.1.10', port: 6443 }, trust: { kind: 'verify' } });
  });

  test('the kube-proxies have a configuration that theirs is a kubeconfig of', async () => {
    const read = async (): Promise<string> => file('kube-proxy', 'kube-proxy.yaml');
    const argv = ['--config=/etc/kubernetes/kube-proxy.yaml', '--hostname-override=node-1'];
    expect(await parseKubeProxyFlags(argv, read)).toMatchObject({
      kubeconfig: '/etc/kubernetes/kube-proxy.conf',
      hostnameOverride: 'node-1',
      settings: { healthz: { address: '0.0.0.0', port: 10_256 }, clusterCidrs: [] },
    });
  });

  test('the kubeconfigs lead to the apiserver, from inside and from the host', async () => {
    const inside = await parseKubeconfig(file('workstation', 'admin.conf'), 'admin.conf', noFiles);
    const host = await parseKubeconfig(pki.hostKubeconfig, 'kubeconfig', noFiles);
    const node = await parseKubeconfig(file('node-1', 'kubelet.conf'), 'kubelet.conf', noFiles);
    expect([inside, host, node].map((it) => it.server)).toEqual([
      { host: '10.78.1.10', port: 6443 },
      { host: '127.0.0.1', port: 16443 },
      { host: '10.78.1.10', port: 6443 },
    ]);
  });

  test('the kubelets take their configuration', () => {
    const settings = parseKubeletConfiguration(file('node-2', 'kubelet.yaml'), 'kubelet.yaml');
    expect(settings.authentication.x509.clientCAFile).toBe('/etc/kubernetes/pki/ca.crt');
  });

  test('the descriptor of profile arp differs by its attacker only', () => {
    const [router, arp] = ['lab.json', 'arp.json'].map((name) =>
      parseLabDescriptor(file('workstation', name), `/etc/midplane/lab/${name}`),
    );
    expect(arp).toEqual({
      ...router,
      attacker: { ...router?.attacker, host: '10.78.1.66', position: 'arp' },
    });
  });

  test('the descriptor names files of its own folder', () => {
    expect(parseLabDescriptor(file('workstation', 'lab.json'), '/etc/midplane/lab/lab.json')).toMatchObject({
      kubeconfig: '/etc/midplane/lab/admin.conf',
      attacker: { host: '10.78.1.2', port: 7000, tokenFile: '/etc/midplane/lab/control-token' },
      settings: '/etc/midplane/settings',
    });
  });

  test.each(['', '{}', '{"apiVersion":"midplane/v1","kind":"LabDescriptor"}'])(
    'a descriptor %j is refused',
    (text) => {
      expect(() => parseLabDescriptor(text, 'lab.json')).toThrow('"lab.json" does not describe a lab');
    },
  );
});
