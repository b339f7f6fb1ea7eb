import { describe, expect, test } from '@jest/globals';
import { parseKubeProxyFlags, renderKubeProxyHelp } from './flags';
import { defaultSettings } from './settings';

const noFile = async (path: string): Promise<string> => {
  throw new Error(`no file ${path}`);
};
const header = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';
const fromFile = (text: string, ...flags: string[]) =>
  parseKubeProxyFlags(['--config=proxy.yaml', ...flags], async () => text);
const outcome = (parsed: Promise<unknown>): Promise<unknown> => parsed.catch((error: unknown) => error);

describe('kube-proxy’s flags', () => {
  test('have upstream’s defaults', async () => {
    expect(await parseKubeProxyFlags(['--kubeconfig=k'], noFile)).toEqual({
      kubeconfig: 'k',
      hostnameOverride: '',
      cleanup: false,
      settings: defaultSettings,
    });
  });

  test.each<[string, object]>([
    ['--cluster-cidr=10.244.0.0/16,10.245.0.0/16', { clusterCidrs: ['10.244.0.0/16', '10.245.0.0/16'] }],
    ['--healthz-bind-address=127.0.0.1:9', { healthz: { address: '127.0.0.1', port: 9 } }],
    ['--healthz-bind-address=:9', { healthz: { address: '0.0.0.0', port: 9 } }],
    ['--healthz-bind-address=10.0.0.1', { healthz: { address: '10.0.0.1', port: 10_256 } }],
    ['--healthz-bind-address=0.0.0.0:0', { healthz: null }],
    ['--metrics-bind-address=0.0.0.0:10249', { metrics: { address: '0.0.0.0', port: 10_249 } }],
    ['--nodeport-addresses=primary', { nodePortAddresses: 'primary' }],
    ['--nodeport-addresses=10.0.0.0/24,127.0.0.0/8', { nodePortAddresses: ['10.0.0.0/24', '127.0.0.0/8'] }],
    ['--masquerade-all', { masqueradeAll: true }],
    ['--iptables-masquerade-bit=3', { masqueradeBit: 3 }],
  ])('%s', async (flag, expected) => {
    const { settings } = await parseKubeProxyFlags(['--kubeconfig=k', flag], noFile);
    expect(settings).toEqual({ ...defaultSettings, ...expected });
  });

  test.each<[string, string]>([
    ['', 'kube-proxy needs --kubeconfig, or clientConnection.kubeconfig in its --config'],
    ['--proxy-mode=iptables', 'proxy mode "iptables" is not implemented here'],
    [
      '--proxy-mode=userspace',
      'must be iptables, ipvs, or nftables, blank means the best-available proxy (currently iptables)',
    ],
    ['--cluster-cidr=10.244.0.0', 'must be a valid CIDR block or comma separated pair'],
    ['--cluster-cidr=fd00::/48', 'must be a valid CIDR block or comma separated pair'],
    [
      '--healthz-bind-address=localhost:1',
      'healthzBindAddress: Invalid value: "localhost:1": must be IP:port',
    ],
    ['--metrics-bind-address=0.0.0.0:99999', 'must be IP:port'],
    ['--nodeport-addresses=primary,10.0.0.0/24', "can't use both 'primary' and CIDRs"],
    ['--nodeport-addresses=10.0.0.1', 'must be a valid CIDR block'],
    ['--iptables-masquerade-bit=32', 'must be within the range [0, 31]'],
    ['--clustercidr=10.244.0.0/16', 'unknown flag: --clustercidr'],
  ])('%s is refused: %s', async (flag, message) => {
    const argv = flag === '' ? [] : ['--kubeconfig=k', flag];
    expect(await outcome(parseKubeProxyFlags(argv, noFile))).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(message),
    });
  });

  test('need no apiserver to clean up', async () => {
    expect(await parseKubeProxyFlags(['--cleanup'], noFile)).toMatchObject({ cleanup: true });
  });

  test('are all told by --help, with a default that is not upstream’s', () => {
    const help = renderKubeProxyHelp(new Map([['healthz-bind-address', '127.0.0.1:10256']]));
    expect(help).toContain("(default 127.0.0.1:10256; kube-proxy's own is 0.0.0.0:10256)");
    for (const name of ['kubeconfig', 'config', 'cluster-cidr', 'proxy-mode', 'cleanup'])
      expect(help).toContain(`--${name}`);
  });
});

describe('a KubeProxyConfiguration', () => {
  test('says what flags say, and of the flags only the name of the node counts beside it', async () => {
    const text = `${header}
clientConnection: { kubeconfig: /etc/kube-proxy.conf }
clusterCIDR: 10.244.0.0/16
hostnameOverride: node-1
healthzBindAddress: 0.0.0.0:10256
metricsBindAddress: 127.0.0.1:10249
mode: nftables
nftables: { masqueradeAll: true, masqueradeBit: 5, minSyncPeriod: 500ms, syncPeriod: 1m }
nodePortAddresses: [10.0.0.0/24]
conntrack: { maxPerCore: 0 }
`;
    expect(await fromFile(text, '--cluster-cidr=10.0.0.0/8', '--hostname-override=node-2')).toEqual({
      kubeconfig: '/etc/kube-proxy.conf',
      hostnameOverride: 'node-2',
      cleanup: false,
      settings: {
        clusterCidrs: ['10.244.0.0/16'],
        healthz: { address: '0.0.0.0', port: 10_256 },
        metrics: { address: '127.0.0.1', port: 10_249 },
        nodePortAddresses: ['10.0.0.0/24'],
        masqueradeAll: true,
        masqueradeBit: 5,
        minSyncPeriodMs: 500,
        syncPeriodMs: 60_000,
      },
    });
    expect(await fromFile(text)).toMatchObject({ hostnameOverride: 'node-1' });
  });

  test.each<[string, string]>([
    [
      'kind: KubeletConfiguration\napiVersion: kubeproxy.config.k8s.io/v1alpha1',
      'no kind "KubeletConfiguration" is registered',
    ],
    [`${header}clusterCidr: 10.244.0.0/16`, 'unknown field "clusterCidr"'],
    [`${header}mode: ipvs`, 'proxy mode "ipvs" is not implemented here'],
    [
      `${header}detectLocalMode: BridgeInterface`,
      'detectLocalMode "BridgeInterface" is not implemented here',
    ],
    [`${header}nodePortAddresses: primary`, '"nodePortAddresses" must be a list of strings'],
    [`${header}hostnameOverride: 1`, '"hostnameOverride" must be a string'],
    [`${header}nftables: { bit: 1 }`, 'unknown field "nftables.bit"'],
    [`${header}nftables: { syncPeriod: 1s, minSyncPeriod: 2s }`, 'must be greater than or equal to'],
    [`${header}nftables: { syncPeriod: soon }`, '"nftables.syncPeriod" must be a duration'],
    ['- a list', 'not an object'],
    ['a: [', 'proxy.yaml: '],
  ])('%j is refused: %s', async (text, message) => {
    expect(await outcome(fromFile(text))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(message),
    });
  });
});
