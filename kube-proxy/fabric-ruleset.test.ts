import { describe, expect, test } from '@jest/globals';
import { NatTable } from '../network/fabric-nat';
import type { ProxiedSlice } from './endpoint-slices';
import { fabricRuleset } from './fabric-ruleset';
import { planServices } from './plan-services';
import type { ProxiedService } from './service-port';
import { endpoint, here, service, settings, slice, there } from './services.test.fixtures';
import type { TrafficSettings } from './traffic-settings';

const [local, remote] = ['10.244.1.2', '10.244.2.2'] as const;
const sources = { pod: '10.244.1.9', node: '10.0.0.11', outside: '10.0.0.5', endpoint: local } as const;
const own = ['10.0.0.11', '10.244.1.1'];
const onNodePort: ProxiedService['spec'] = {
  type: 'NodePort',
  ports: [{ name: 'http', port: 80, nodePort: 30080 }],
};
const balancer: ProxiedService['spec'] = { type: 'LoadBalancer' };
const localOnly = { externalTrafficPolicy: 'Local' };
const oneHere = [endpoint(local, here)];
const oneThere = [endpoint(remote, there)];

/** `10.244.1.2:8080`, with ` masqueraded`; `reject`, `drop`, or `passes`. */
function led(
  services: readonly ProxiedService[],
  endpoints: ProxiedSlice['endpoints'],
  to: string,
  source: keyof typeof sources,
  more: Partial<TrafficSettings> = {},
): string {
  const nat = new NatTable();
  const slices = services.map(({ metadata }) => slice(metadata.name, endpoints ?? []));
  nat.replace(fabricRuleset(planServices(services, slices, 'node-1'), { ...settings, ...more }));
  const [address = '', port] = to.split(':');
  const found = nat.translate(sources[source], { address, port: Number(port) }, own);
  if (found === null) return 'passes';
  if (found.kind !== 'translated') return found.kind;
  return `${found.to.address}:${found.to.port}${found.masquerade ? ' masqueraded' : ''}`;
}

describe('the rules of a node on the fabric', () => {
  const web = service('web');
  test.each<[string, ProxiedService, ProxiedSlice['endpoints'], string, keyof typeof sources, string]>([
    ['ClusterIP, from a pod', web, oneHere, '10.96.0.20:80', 'pod', `${local}:8080`],
    ['ClusterIP, from the node', web, oneHere, '10.96.0.20:80', 'node', `${local}:8080 masqueraded`],
    ['ClusterIP, from outside', web, oneHere, '10.96.0.20:80', 'outside', `${local}:8080 masqueraded`],
    [
      'ClusterIP, from the endpoint itself',
      web,
      oneHere,
      '10.96.0.20:80',
      'endpoint',
      `${local}:8080 masqueraded`,
    ],
    ['ClusterIP, another port', web, oneHere, '10.96.0.20:81', 'pod', 'reject'],
    ['ClusterIP, no endpoints', web, [], '10.96.0.20:80', 'pod', 'reject'],
    ['an address that nobody has', web, oneHere, '10.96.0.99:80', 'pod', 'passes'],
    [
      'ClusterIP with internalTrafficPolicy Local, none here',
      service('web', { internalTrafficPolicy: 'Local' }),
      oneThere,
      '10.96.0.20:80',
      'pod',
      'drop',
    ],
    [
      'NodePort, from outside',
      service('web', onNodePort),
      oneThere,
      '10.0.0.11:30080',
      'outside',
      `${remote}:8080 masqueraded`,
    ],
    [
      'NodePort at an address that is not the primary',
      service('web', onNodePort),
      oneThere,
      '10.244.1.1:30080',
      'pod',
      'passes',
    ],
    ['NodePort without endpoints', service('web', onNodePort), [], '10.0.0.11:30080', 'outside', 'reject'],
    [
      'NodePort Local, one here',
      service('web', { ...onNodePort, ...localOnly }),
      oneHere,
      '10.0.0.11:30080',
      'outside',
      `${local}:8080`,
    ],
    [
      'NodePort Local, none here',
      service('web', { ...onNodePort, ...localOnly }),
      oneThere,
      '10.0.0.11:30080',
      'outside',
      'drop',
    ],
    [
      'NodePort Local, none here, from a pod',
      service('web', { ...onNodePort, ...localOnly }),
      oneThere,
      '10.0.0.11:30080',
      'pod',
      `${remote}:8080`,
    ],
    [
      'NodePort Local, none here, from the node',
      service('web', { ...onNodePort, ...localOnly }),
      oneThere,
      '10.0.0.11:30080',
      'node',
      `${remote}:8080 masqueraded`,
    ],
    // What a node sends is filtered before it is translated; what a pod sends, after.
    [
      'externalIPs Local, none here, from the node',
      service('web', { externalIPs: ['8.8.8.8'], ...localOnly }),
      oneThere,
      '8.8.8.8:80',
      'node',
      'drop',
    ],
    [
      'externalIPs Local, none here, from a pod',
      service('web', { externalIPs: ['8.8.8.8'], ...localOnly }),
      oneThere,
      '8.8.8.8:80',
      'pod',
      `${remote}:8080`,
    ],
    [
      'status.loadBalancer Local, one here, from the node',
      service('web', { ...balancer, ...localOnly }, [{ ip: '198.51.100.1' }]),
      oneHere,
      '198.51.100.1:80',
      'node',
      `${local}:8080 masqueraded`,
    ],
    [
      'status.loadBalancer Local, none here, from the node',
      service('web', { ...balancer, ...localOnly }, [{ ip: '198.51.100.1' }]),
      oneThere,
      '198.51.100.1:80',
      'node',
      'drop',
    ],
    [
      'externalIPs: nobody asks whose it is',
      service('web', { externalIPs: ['8.8.8.8'] }),
      oneHere,
      '8.8.8.8:80',
      'pod',
      `${local}:8080 masqueraded`,
    ],
    [
      'externalIPs, another port of it',
      service('web', { externalIPs: ['8.8.8.8'] }),
      oneHere,
      '8.8.8.8:53',
      'pod',
      'passes',
    ],
    [
      'status.loadBalancer',
      service('web', balancer, [{ ip: '198.51.100.1' }]),
      oneHere,
      '198.51.100.1:80',
      'outside',
      `${local}:8080 masqueraded`,
    ],
    [
      'a load balancer that is a proxy itself',
      service('web', balancer, [{ ip: '198.51.100.1', ipMode: 'Proxy' }]),
      oneHere,
      '198.51.100.1:80',
      'outside',
      'passes',
    ],
    [
      'loadBalancerSourceRanges, not from there',
      service('web', { ...balancer, loadBalancerSourceRanges: ['203.0.113.0/24'] }, [{ ip: '198.51.100.1' }]),
      oneHere,
      '198.51.100.1:80',
      'outside',
      'drop',
    ],
    [
      'loadBalancerSourceRanges, from there',
      service('web', { ...balancer, loadBalancerSourceRanges: ['10.0.0.0/29'] }, [{ ip: '198.51.100.1' }]),
      oneHere,
      '198.51.100.1:80',
      'outside',
      `${local}:8080 masqueraded`,
    ],
    [
      'UDP is not of this network',
      service('web', { ports: [{ name: 'http', port: 80, protocol: 'UDP' }] }),
      oneHere,
      '10.96.0.20:80',
      'pod',
      'reject',
    ],
  ])('%s', (_what, given, endpoints, to, source, expected) => {
    expect(led([given], endpoints, to, source)).toBe(expected);
  });

  test.each<[string, Partial<TrafficSettings>, keyof typeof sources, string]>([
    ['--masquerade-all hides pods too', { masqueradeAll: true }, 'pod', `${local}:8080 masqueraded`],
    ['without --cluster-cidr nobody is hidden', { clusterCidrs: [] }, 'outside', `${local}:8080`],
  ])('%s', (_what, more, source, expected) => {
    expect(led([web], oneHere, '10.96.0.20:80', source, more)).toBe(expected);
  });

  test('a service that takes the address of another has it, unless it leads nowhere', () => {
    const genuine = service('api', { clusterIP: '10.96.0.1' });
    const trap = service('trap', { externalIPs: ['10.96.0.1'] });
    const plan = (endpoints: ProxiedSlice['endpoints']) =>
      planServices(
        [genuine, trap],
        [slice('api', [endpoint('10.244.2.9')]), slice('trap', endpoints ?? [])],
        'node-1',
      );
    const at = (endpoints: ProxiedSlice['endpoints']): unknown => {
      const nat = new NatTable();
      nat.replace(fabricRuleset(plan(endpoints), settings));
      return nat.translate('10.244.1.9', { address: '10.96.0.1', port: 80 }, own);
    };
    expect(at(oneHere)).toMatchObject({ to: { address: local } });
    expect(at([])).toMatchObject({ to: { address: '10.244.2.9' } });
  });

  test('session affinity has its own name and time, and keeps a client where it is', () => {
    const sticky = service('web', {
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
    });
    const endpoints = ['10.244.1.2', '10.244.1.3', '10.244.2.2', '10.244.2.3'].map((it) => endpoint(it));
    const plan = planServices([sticky], [slice('web', endpoints)], 'node-1');
    const nat = new NatTable({ now: () => 0, random: Math.random });
    nat.replace(fabricRuleset(plan, settings));
    const seen = (source: string): Set<string> =>
      new Set(
        Array.from({ length: 50 }, () => {
          const found = nat.translate(source, { address: '10.96.0.20', port: 80 }, own);
          return found?.kind === 'translated' ? found.to.address : '';
        }),
      );
    expect(seen('10.244.1.9').size).toBe(1);
    const verdict = nat.ruleset.rules.get('10.96.0.20:80')?.[0]?.verdict;
    expect(verdict).toMatchObject({ affinity: { name: 'ns/web:http', timeoutMs: 60_000 } });
  });
});
