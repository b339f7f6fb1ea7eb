import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { nftablesBackend } from './nftables-backend';
import { type NftablesRuleset, nftablesRuleset } from './nftables-ruleset';
import { nftablesTransaction } from './nftables-transaction';
import { planServices } from './plan-services';
import { endpoint, here, service, settings, slice, there } from './services.test.fixtures';
import type { TrafficSettings } from './traffic-settings';

const api = {
  ...service('kubernetes', { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443 }] }),
  metadata: { name: 'kubernetes', namespace: 'default' },
};
const apiSlice = {
  ...slice('kubernetes', [endpoint('10.0.0.10')], [{ name: 'https', port: 6443, protocol: 'TCP' }]),
  metadata: {
    name: 'kubernetes',
    namespace: 'default',
    labels: { 'kubernetes.io/service-name': 'kubernetes' },
  },
};

function ruleset(
  services: Parameters<typeof planServices>[0],
  slices: Parameters<typeof planServices>[1],
  more: Partial<TrafficSettings> = {},
): NftablesRuleset {
  return nftablesRuleset(planServices(services, slices, 'node-1'), { ...settings, ...more });
}

/** What depends on services, without the name of the table. */
function dependent({ affinitySets, rules, elements }: NftablesRuleset): string[] {
  return [
    ...affinitySets.map(({ name, seconds }) => `set ${name} ${seconds}s`),
    ...[...rules, ...elements].map((line) => line.replace(/^add (rule|element) ip kube-proxy /, '')),
  ];
}

describe('the nftables rules', () => {
  test('of the service kubernetes are what a real node has', () => {
    expect(dependent(ruleset([api], [apiSlice]))).toEqual([
      'service-2QRHZV4L-default/kubernetes/tcp/https ip daddr 10.96.0.1 tcp dport 443 ip saddr != 10.244.0.0/16 jump mark-for-masquerade',
      'service-2QRHZV4L-default/kubernetes/tcp/https numgen random mod 1 vmap { 0 : goto endpoint-GDP3A5NV-default/kubernetes/tcp/https__10.0.0.10/6443 }',
      'endpoint-GDP3A5NV-default/kubernetes/tcp/https__10.0.0.10/6443 ip saddr 10.0.0.10 jump mark-for-masquerade',
      'endpoint-GDP3A5NV-default/kubernetes/tcp/https__10.0.0.10/6443 meta l4proto tcp dnat to 10.0.0.10:6443',
      'nodeport-ips { 10.0.0.11 }',
      'cluster-ips { 10.96.0.1 }',
      'service-ips { 10.96.0.1 . tcp . 443 : goto service-2QRHZV4L-default/kubernetes/tcp/https }',
    ]);
  });

  // As upstream's own test has them (pkg/proxy/nftables/proxier_test.go, baseRules), without the ServiceCIDRs.
  test('that are always there are those of a real node, at the same priorities', () => {
    const { base } = ruleset([], []);
    const lines = base.map((line) => line.replace(' ip kube-proxy', ''));
    expect(lines.filter((line) => / hook /.test(line)).sort()).toEqual([
      'add chain filter-forward { type filter hook forward priority -110 ; }',
      'add chain filter-input { type filter hook input priority -110 ; }',
      'add chain filter-output { type filter hook output priority -110 ; }',
      'add chain filter-output-post-dnat { type filter hook output priority -90 ; }',
      'add chain filter-prerouting { type filter hook prerouting priority -110 ; }',
      'add chain nat-output { type nat hook output priority -100 ; }',
      'add chain nat-postrouting { type nat hook postrouting priority 100 ; }',
      'add chain nat-prerouting { type nat hook prerouting priority -100 ; }',
    ]);
    expect(lines.filter((line) => line.startsWith('add rule ')).map((line) => line.slice(9))).toEqual([
      'filter-prerouting ct state new jump firewall-check',
      'filter-input ct state new jump nodeport-endpoints-check',
      'filter-input ct state new jump service-endpoints-check',
      'filter-forward ct state new jump service-endpoints-check',
      'filter-forward ct state new jump cluster-ips-check',
      'filter-output ct state new jump service-endpoints-check',
      'filter-output ct state new jump firewall-check',
      'filter-output-post-dnat ct state new jump cluster-ips-check',
      'nat-prerouting jump services',
      'nat-output jump services',
      'nat-postrouting jump masquerading',
      'services ip daddr . meta l4proto . th dport vmap @service-ips',
      'services ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports',
      'firewall-check ip daddr . meta l4proto . th dport vmap @firewall-ips',
      'service-endpoints-check ip daddr . meta l4proto . th dport vmap @no-endpoint-services',
      'nodeport-endpoints-check ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports',
      'cluster-ips-check ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"',
      'mark-for-masquerade mark set mark or 0x4000',
      'masquerading mark and 0x4000 == 0 return',
      'masquerading mark set mark xor 0x4000',
      'masquerading masquerade fully-random',
      'reject-chain reject',
    ]);
  });

  // The hashes are those that upstream's own example has for these names.
  test('have names that upstream would give', () => {
    const named = {
      ...service('svc1', { ports: [{ name: 'p80', port: 80 }] }),
      metadata: { name: 'svc1', namespace: 'ns1' },
    };
    const of = slice('svc1', [endpoint('10.180.0.1')], [{ name: 'p80', port: 80, protocol: 'TCP' }]);
    const { chains } = ruleset([named], [{ ...of, metadata: { ...of.metadata, namespace: 'ns1' } }]);
    expect(chains).toEqual([
      'service-ULMVA6XW-ns1/svc1/tcp/p80',
      'endpoint-5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80',
    ]);
  });

  test('lead to several endpoints with the same probability, and keep a client at one', () => {
    const sticky = service('web', { sessionAffinity: 'ClientIP' });
    const [web, one, two] = ['Y6QD5CCT-ns/web/tcp/http', '10.244.1.2', '10.244.2.2'];
    const lines = dependent(ruleset([sticky], [slice('web', [endpoint(one), endpoint(two)])]));
    const [first, second] = lines.flatMap((line) => /^set (affinity-\S+) 10800s$/.exec(line)?.[1] ?? []);
    const chain = (affinity = ''): string => affinity.replace('affinity', 'endpoint');
    expect(lines).toEqual(
      expect.arrayContaining([
        `service-${web} ip saddr @${first} goto ${chain(first)}`,
        `service-${web} ip saddr @${second} goto ${chain(second)}`,
        `service-${web} numgen random mod 2 vmap { 0 : goto ${chain(first)}, 1 : goto ${chain(second)} }`,
        `${chain(first)} update @${first} { ip saddr }`,
        `${chain(first)} meta l4proto tcp dnat to ${one}:8080`,
      ]),
    );
    // Asked for before the client is led anew, noted before it is led away.
    const at = (text: string): number => lines.findIndex((line) => line.includes(text));
    expect(at(`ip saddr @${second}`)).toBeLessThan(at('numgen'));
    expect(at(`update @${first}`)).toBeLessThan(at(`dnat to ${one}`));
  });

  const balancer = { type: 'LoadBalancer', ports: [{ name: 'http', port: 80, nodePort: 30080 }] };
  const ingress = [{ ip: '198.51.100.1' }];
  test.each<[string, NftablesRuleset, readonly string[]]>([
    [
      'external traffic is masqueraded, as it may leave the node again',
      ruleset([service('web', { externalIPs: ['8.8.8.8'] })], [slice('web', [endpoint('10.244.1.2')])]),
      [
        'external-Y6QD5CCT-ns/web/tcp/http jump mark-for-masquerade',
        'external-Y6QD5CCT-ns/web/tcp/http goto service-Y6QD5CCT-ns/web/tcp/http',
        'service-ips { 8.8.8.8 . tcp . 80 : goto external-Y6QD5CCT-ns/web/tcp/http }',
      ],
    ],
    [
      'external traffic that stays here keeps its source, but for pods and the node',
      ruleset(
        [service('web', { ...balancer, externalTrafficPolicy: 'Local' }, ingress)],
        [slice('web', [endpoint('10.244.1.2', here), endpoint('10.244.2.2', there)])],
      ),
      [
        'external-Y6QD5CCT-ns/web/tcp/http ip saddr 10.244.0.0/16 goto service-Y6QD5CCT-ns/web/tcp/http comment "short-circuit pod traffic"',
        'external-Y6QD5CCT-ns/web/tcp/http fib saddr type local jump mark-for-masquerade comment "masquerade local traffic"',
        'external-Y6QD5CCT-ns/web/tcp/http fib saddr type local goto service-Y6QD5CCT-ns/web/tcp/http comment "short-circuit local traffic"',
        'external-Y6QD5CCT-ns/web/tcp/http goto local-Y6QD5CCT-ns/web/tcp/http',
        'service-nodeports { tcp . 30080 : goto external-Y6QD5CCT-ns/web/tcp/http }',
      ],
    ],
    [
      'with nothing here it is dropped',
      ruleset(
        [service('web', { ...balancer, externalTrafficPolicy: 'Local' }, ingress)],
        [slice('web', [endpoint('10.244.2.2', there)])],
      ),
      [
        'no-endpoint-services { 198.51.100.1 . tcp . 80 comment "ns/web:http" : drop }',
        'no-endpoint-nodeports { tcp . 30080 comment "ns/web:http" : drop }',
      ],
    ],
    [
      'without endpoints it is refused',
      ruleset([service('web', balancer, ingress)], []),
      [
        'no-endpoint-services { 10.96.0.20 . tcp . 80 comment "ns/web:http" : goto reject-chain }',
        'no-endpoint-services { 198.51.100.1 . tcp . 80 comment "ns/web:http" : goto reject-chain }',
        'no-endpoint-nodeports { tcp . 30080 comment "ns/web:http" : goto reject-chain }',
      ],
    ],
    [
      'source ranges are asked first',
      ruleset(
        [
          service(
            'web',
            { ...balancer, loadBalancerSourceRanges: ['10.0.0.0/24', '203.0.113.0/24'] },
            ingress,
          ),
        ],
        [slice('web', [endpoint('10.244.1.2')])],
      ),
      [
        'firewall-Y6QD5CCT-ns/web/tcp/http ip saddr != { 10.0.0.0/24, 203.0.113.0/24, 198.51.100.1 } drop',
        'firewall-ips { 198.51.100.1 . tcp . 80 : goto firewall-Y6QD5CCT-ns/web/tcp/http }',
      ],
    ],
    [
      'everything to cluster IPs is masqueraded with --masquerade-all',
      ruleset([service('web')], [slice('web', [endpoint('10.244.1.2')])], { masqueradeAll: true }),
      ['service-Y6QD5CCT-ns/web/tcp/http ip daddr 10.96.0.20 tcp dport 80 jump mark-for-masquerade'],
    ],
  ])('%s', (_what, given, expected) => {
    expect(dependent(given)).toEqual(expect.arrayContaining([...expected]));
  });

  test('name an address and port once, whoever else claims it', () => {
    const [trap, genuine] = [service('z-trap', { externalIPs: ['10.96.0.1'], clusterIP: '10.96.0.66' }), api];
    const both = [apiSlice, slice('z-trap', [endpoint('10.244.1.66')])];
    const { elements } = ruleset(
      [{ ...trap, spec: { ...trap.spec, ports: [{ name: 'http', port: 443 }] } }, genuine],
      both,
    );
    expect(elements.filter((line) => line.includes('10.96.0.1 . tcp . 443'))).toEqual([
      expect.stringContaining('goto external-'),
    ]);
  });

  test('have the bit of the mark that the configuration says', () => {
    const { base } = ruleset([], [], { masqueradeBit: 3 });
    expect(base).toContain('add rule ip kube-proxy mark-for-masquerade mark set mark or 0x8');
  });
});

describe('a transaction', () => {
  const first = ruleset([service('web')], [slice('web', [endpoint('10.244.1.2')])]);
  const second = ruleset([service('web')], [slice('web', [endpoint('10.244.2.2')])]);
  const [web, old] = first.chains;

  test('makes the table anew when nothing is known of it, and then changes only what is different', () => {
    const made = nftablesTransaction(first, null);
    expect(made.script).toMatch(/^add table ip kube-proxy\ndelete table ip kube-proxy\nadd table/);
    const changed = nftablesTransaction(second, made.after);
    expect(changed.script).not.toContain('delete');
    expect(changed.script).toContain(`flush chain ip kube-proxy ${old}\n`);
    // One transaction later nothing leads there any more, for the kernel neither.
    const later = nftablesTransaction(second, changed.after);
    expect(later.script).toContain(`delete chain ip kube-proxy ${old}\n`);
    expect(later.script).not.toContain(`delete chain ip kube-proxy ${web}\n`);
    expect(nftablesTransaction(second, later.after).script).not.toContain('delete');
    // One that comes back meanwhile is kept.
    expect(nftablesTransaction(first, changed.after).script).not.toContain(
      `delete chain ip kube-proxy ${old}`,
    );
  });

  test('keeps who has been led where, and forgets the set when there is no affinity any more', () => {
    const sticky = ruleset(
      [service('web', { sessionAffinity: 'ClientIP' })],
      [slice('web', [endpoint('10.244.1.2')])],
    );
    const [set] = sticky.affinitySets;
    const made = nftablesTransaction(sticky, null);
    expect(nftablesTransaction(sticky, made.after).script).not.toMatch(
      /(delete|flush) set ip kube-proxy affinity/,
    );
    expect(nftablesTransaction(first, made.after).script).toContain(
      `delete set ip kube-proxy ${set?.name}\n`,
    );
  });

  test('that fails is followed by one that makes the table anew', async () => {
    const scripts: string[] = [];
    let fails = false;
    const backend = nftablesBackend({
      nft: async (script) => {
        scripts.push(script);
        if (fails) throw new Error('busy');
      },
    });
    const plan = planServices([service('web')], [slice('web', [endpoint('10.244.1.2')])], 'node-1');
    const anew = (): boolean => scripts.at(-1)?.includes('delete table') === true;
    await backend.apply(plan, settings);
    expect(anew()).toBe(true);
    await backend.apply(plan, settings);
    expect(anew()).toBe(false);
    fails = true;
    await expect(backend.apply(plan, settings)).rejects.toThrow('busy');
    fails = false;
    await backend.apply(plan, settings);
    expect(anew()).toBe(true);
    await backend.cleanup();
    expect(scripts.at(-1)).toBe('add table ip kube-proxy\ndelete table ip kube-proxy\n');
  });
});

/**
 * A kernel that takes nft's rules in a network of its own; elsewhere the containers' test has to show it. As root, as a
 * netlink message of this size needs a right that user namespaces do not give (SO_SNDBUFFORCE).
 */
const hasKernel = spawnSync('unshare', ['-n', 'nft', 'list', 'ruleset']).status === 0;
const notRun = hasKernel ? '' : ' (NOT RUN: it takes root, unshare and nft)';
(hasKernel ? describe : describe.skip)(`a kernel${notRun}`, () => {
  test('takes what is written, again and again, and counts every service', () => {
    const external = {
      type: 'LoadBalancer',
      externalIPs: ['8.8.8.8'],
      loadBalancerSourceRanges: ['10.0.0.0/8'],
    };
    const many = Array.from({ length: 300 }, (_, index) =>
      service(
        `s${index}`,
        {
          clusterIP: `10.96.${1 + (index >> 8)}.${index & 255}`,
          ...(index % 3 === 0 ? { sessionAffinity: 'ClientIP' } : {}),
          ...(index % 5 === 0
            ? { ...external, ports: [{ name: 'http', port: 80 + index, nodePort: 30_000 + index }] }
            : {}),
        },
        index % 5 === 0 ? [{ ip: '198.51.100.1' }] : [],
      ),
    );
    const slices = many.map((it, index) =>
      slice(it.metadata.name, [endpoint('10.244.1.2'), endpoint(`10.244.2.${2 + (index % 200)}`)]),
    );
    const one = nftablesTransaction(ruleset([api, ...many], [apiSlice, ...slices]), null);
    const two = nftablesTransaction(
      ruleset([api, ...many.slice(100)], [apiSlice, ...slices.slice(150)]),
      one.after,
    );
    const three = nftablesTransaction(ruleset([api], [apiSlice]), two.after);
    const four = nftablesTransaction(ruleset([api], [apiSlice]), three.after);
    const feed = [one, two, three, four]
      .map(({ script }) => `nft -f - <<'END' || exit 1\n${script}END\n`)
      .join('');
    const { stdout, stderr, status } = spawnSync('unshare', ['-n', 'sh'], {
      input: `${feed}nft list table ip kube-proxy\n`,
    });
    expect(stderr.toString()).toBe('');
    expect(status).toBe(0);
    expect(stdout.toString()).toContain(
      '10.96.0.1 . tcp . 443 : goto service-2QRHZV4L-default/kubernetes/tcp/https',
    );
    expect(stdout.toString().match(/^\tchain \w+-[A-Z2-7]{8}-/gm)).toHaveLength(2);
    expect(stdout.toString()).not.toContain('set affinity-');
  });
});
