import { randomUUID } from 'node:crypto';
import { KubeClient } from '../client/kube-client';
import { hostNetwork } from '../network/host-network';
import { joinHostPort } from '../network/network';
import { type ComponentFlag, flagsOf, parseComponentFlags, renderComponentHelp, usage } from '../pflag';
import { agentTokenCheck, type CheckAgentToken } from '../tunnel/konnectivity-agent-token';
import { parseProxyStrategies } from '../tunnel/konnectivity-backends';
import { type KonnectivityServer, startKonnectivityServer } from '../tunnel/konnectivity-server';
import { apiserverAccess } from './apiserver-access';
import { componentLog } from './component-log';
import { bundleOfFlag, pairOfFlags, portOf } from './konnectivity-files';
import { metricsText, servePlainHealth } from './konnectivity-health';
import { LOOPBACK } from './loopback';
import type { Terminal } from './terminal';

const PROGRAM = 'proxy-server';
const flag = flagsOf('kubernetes-sigs/apiserver-network-proxy, cmd/server/app/options/options.go');

const table: readonly ComponentFlag[] = [
  flag('agent-bind-address', 'string', '', 'address for agents'),
  flag(
    'agent-namespace',
    'string',
    '',
    'namespace that the service account of an agent must be of; set, agents show a token',
  ),
  flag('agent-port', 'int', '8091', 'port for agents'),
  flag('agent-service-account', 'string', '', 'service account that the token of an agent must be of'),
  flag('authentication-audience', 'string', '', 'audience that the token of an agent must be made out to'),
  flag(
    'cluster-ca-cert',
    'string',
    '',
    'CA that the certificate of an agent must be from; any of its certificates will do',
  ),
  flag('cluster-cert', 'string', '', 'certificate for agents'),
  flag('cluster-key', 'string', '', 'key of --cluster-cert'),
  flag('health-bind-address', 'string', '', 'address for /healthz, /readyz and /metrics'),
  flag('health-port', 'int', '8092', 'port for /healthz, /readyz and /metrics'),
  flag('kubeconfig', 'string', '', 'the apiserver that is asked about tokens, with a TokenReview'),
  flag('mode', 'string', 'grpc', 'what the apiserver speaks; midplane knows http-connect'),
  flag(
    'proxy-strategies',
    'string',
    'default',
    'how an agent is chosen, in the order in which it is tried: default, destHost, defaultRoute',
  ),
  flag('server-bind-address', 'string', '', 'address for the apiserver'),
  flag(
    'server-ca-cert',
    'string',
    '',
    'CA that the certificate of the apiserver must be from; any of its certificates will do',
  ),
  flag('server-cert', 'string', '', 'certificate for the apiserver'),
  flag(
    'server-count',
    'int',
    '1',
    'how many instances there are: agents connect until they have one of each',
  ),
  flag('server-id', 'string', '', 'what tells this instance from others; empty: a random one'),
  flag('server-key', 'string', '', 'key of --server-cert'),
  flag('server-port', 'int', '8090', 'port for the apiserver'),
  flag('uds-name', 'string', '', 'Unix socket for the apiserver; midplane has none'),
];

const own: ReadonlyMap<string, string> = new Map([
  ['mode', 'http-connect'],
  ['server-bind-address', LOOPBACK],
  ['agent-bind-address', LOOPBACK],
  ['health-bind-address', LOOPBACK],
]);

export function konnectivityServerHelp(): string {
  return renderComponentHelp(PROGRAM, table, own);
}

/** `midplane konnectivity-server`. Throws MidplaneError for flags, files and ports. */
export async function runKonnectivityServer(
  argv: readonly string[],
  terminal: Terminal,
): Promise<{ close(): Promise<void> }> {
  const rows = table.map((row) => ({ ...row, default: own.get(row.name) ?? row.default }));
  const values = parseComponentFlags(PROGRAM, rows, argv);
  const text = (name: string): string => values.get(name) ?? '';
  refuseWrong(text);
  const pair = (kind: 'server' | 'cluster') =>
    pairOfFlags([`${kind}-cert`, text(`${kind}-cert`)], [`${kind}-key`, text(`${kind}-key`)], kind);
  const [serverPair, clusterPair] = [await pair('server'), await pair('cluster')];
  if (serverPair === null)
    throw usage('a certificate for the apiserver is missing', 'set --server-cert and --server-key');
  if (clusterPair === null)
    throw usage('a certificate for agents is missing', 'set --cluster-cert and --cluster-key');
  const [serverCa, clusterCa] = [
    await bundleOfFlag(text('server-ca-cert')),
    await bundleOfFlag(text('cluster-ca-cert')),
  ];
  const strategies = parseProxyStrategies(text('proxy-strategies'));
  const at = (kind: 'server' | 'agent' | 'health') => ({
    address: text(`${kind}-bind-address`),
    port: portOf(`${kind}-port`, text(`${kind}-port`)),
  });
  const host = hostNetwork({ name: 'konnectivity-server' });
  const log = componentLog(terminal).child({ component: 'konnectivity-server' });
  const reviewer =
    text('agent-namespace') === ''
      ? null
      : new KubeClient({ from: host, ...(await apiserverAccess(text('kubeconfig'))) });
  const token: CheckAgentToken | null =
    reviewer === null
      ? null
      : agentTokenCheck({
          client: reviewer,
          namespace: text('agent-namespace'),
          serviceAccount: text('agent-service-account'),
          audience: text('authentication-audience'),
        });
  const serverId = text('server-id') === '' ? randomUUID() : text('server-id');
  const server = await startKonnectivityServer({
    host,
    frontend: { at: at('server'), tls: { keyPair: serverPair, clientCaPem: serverCa } },
    agents: { at: at('agent'), tls: { keyPair: clusterPair, clientCaPem: clusterCa }, token },
    strategies,
    serverId,
    serverCount: Number(text('server-count')),
    log,
  });
  const health = await servePlainHealth(host, at('health'), {
    notReady: () => server.notReady,
    metrics: () => metricsOf(server),
  }).catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  const where = [server.frontendAt, server.agentsAt, health.at].map((it) =>
    joinHostPort(it.address, it.port),
  );
  log.info({ frontend: where[0], agents: where[1], health: where[2], serverID: serverId }, 'serving');
  return {
    close: async () => {
      await health.close();
      await server.close();
      await reviewer?.close();
    },
  };
}

/** Source: cmd/server/app/options/options.go (Validate). */
function refuseWrong(text: (name: string) => string): void {
  const mode = text('mode');
  if (mode !== 'grpc' && mode !== 'http-connect') {
    throw usage(`mode must be set to either 'grpc' or 'http-connect' not ${JSON.stringify(mode)}`);
  }
  if (mode === 'grpc' || text('uds-name') !== '') {
    throw usage(
      `midplane serves the apiserver by TCP in mode http-connect, not ${text('uds-name') === '' ? 'in mode grpc' : `at "${text('uds-name')}"`}`,
      '--mode=http-connect, and no --uds-name',
    );
  }
  if (text('server-ca-cert') === '') {
    throw usage(
      'server ca cert must be set when in TCP mode (uds-name is empty)',
      'set --server-ca-cert to the CA of the apiserver’s client certificate',
    );
  }
  const agents = ['agent-namespace', 'agent-service-account', 'authentication-audience'];
  if (agents.every((name) => text(name) === '')) return;
  if (text('cluster-ca-cert') !== '') {
    throw usage('--cluster-ca-cert can not be used when agent authentication is enabled');
  }
  for (const name of [...agents, 'kubeconfig']) {
    if (text(name) === '') throw usage(`--${name} cannot be empty when agent authentication is enabled`);
  }
}

/** Source: pkg/server/metrics/metrics.go. */
function metricsOf({ agentIds, counts }: KonnectivityServer): string {
  const name = (word: string): string => `konnectivity_network_proxy_server_${word}`;
  return metricsText([
    {
      name: name('ready_backend_connections'),
      type: 'gauge',
      help: 'Number of konnectivity agent connected to the proxy server',
      value: agentIds.length,
    },
    {
      name: name('pending_backend_dials'),
      type: 'gauge',
      help: 'Current number of pending backend dial requests',
      value: counts.pending,
    },
    {
      name: name('established_connections'),
      type: 'gauge',
      help: 'Current number of established end-to-end connections (post-dial).',
      value: counts.established,
    },
    {
      name: name('dial_failure_count'),
      type: 'counter',
      help: 'Number of dial failures observed. Multiple failures can occur for a single dial request.',
      value: counts.dialFailures,
    },
  ]);
}
