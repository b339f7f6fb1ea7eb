import { randomUUID } from 'node:crypto';
import { hostNetwork } from '../network/host-network';
import { joinHostPort } from '../network/network';
import { type ComponentFlag, flagsOf, parseComponentFlags, renderComponentHelp, usage } from '../pflag';
import { startKonnectivityAgent } from '../tunnel/konnectivity-agent';
import { parseAgentIdentifiers } from '../tunnel/konnectivity-backends';
import { parseGoDuration } from '../wire/go-duration';
import { componentLog } from './component-log';
import { bundleOfFlag, pairOfFlags, portOf } from './konnectivity-files';
import { metricsText, servePlainHealth } from './konnectivity-health';
import { LOOPBACK } from './loopback';
import { readNamedFile } from './read-named-file';
import type { Terminal } from './terminal';

const PROGRAM = 'proxy-agent';
const flag = flagsOf('kubernetes-sigs/apiserver-network-proxy, cmd/agent/app/options/options.go');

const table: readonly ComponentFlag[] = [
  flag('agent-cert', 'string', '', 'certificate to show to the proxy server'),
  flag('agent-id', 'string', '', 'what tells this agent from others; empty: a random one'),
  flag(
    'agent-identifiers',
    'string',
    '',
    'what it says that it reaches, URL-encoded: ipv4=10.0.0.11&host=node-1&default-route=true',
  ),
  flag('agent-key', 'string', '', 'key of --agent-cert'),
  flag('ca-cert', 'string', '', 'CA that the certificate of the proxy server must be from'),
  flag(
    'health-server-port',
    'int',
    '8093',
    `port on ${LOOPBACK} for /healthz, /readyz and /metrics (upstream: on every address)`,
  ),
  flag('proxy-server-host', 'string', '127.0.0.1', 'the proxy server; its certificate must be for this'),
  flag('proxy-server-port', 'int', '8091', 'its port for agents'),
  flag(
    'service-account-token-path',
    'string',
    '',
    'token to show to the proxy server, read again for every connection',
  ),
  flag('sync-interval', 'duration', '1s', 'how often it looks whether it is connected to every instance'),
  flag('sync-interval-cap', 'duration', '10s', 'how far that is stretched while it fails'),
];

export function konnectivityAgentHelp(): string {
  return renderComponentHelp(PROGRAM, table);
}

/** `midplane konnectivity-agent`. Throws MidplaneError for flags, files and ports. */
export async function runKonnectivityAgent(
  argv: readonly string[],
  terminal: Terminal,
): Promise<{ close(): Promise<void> }> {
  const values = parseComponentFlags(PROGRAM, table, argv);
  const text = (name: string): string => values.get(name) ?? '';
  const duration = (name: string): number => parseGoDuration(text(name)) ?? 0;
  const clientCertificate = await pairOfFlags(
    ['agent-cert', text('agent-cert')],
    ['agent-key', text('agent-key')],
    'agent',
  );
  const caPem = await bundleOfFlag(text('ca-cert'));
  if (caPem === null) {
    // Upstream reads the file of an empty name, and says `failed to read CA cert` (pkg/util/certificates.go).
    throw usage('the CA of the proxy server is missing', 'set --ca-cert: nobody is believed without it');
  }
  const identifiers = parseAgentIdentifiers(text('agent-identifiers'));
  if (typeof identifiers === 'string') {
    throw usage(
      `agent address is invalid: ${identifiers}`,
      '--agent-identifiers takes ipv4, ipv6, host, cidr and default-route',
    );
  }
  const port = portOf('proxy-server-port', text('proxy-server-port'));
  if (port === 0) throw usage('proxy server port 0 must be greater than 0');
  const [interval, cap] = [duration('sync-interval'), duration('sync-interval-cap')];
  if (!(interval > 0) || interval > cap) {
    throw usage(
      `sync interval ${text('sync-interval')} must be less than sync interval cap ${text('sync-interval-cap')}`,
    );
  }
  const tokenPath = text('service-account-token-path');
  // What is missing now is told now, and not every second.
  if (tokenPath !== '') await readNamedFile(tokenPath);
  const host = hostNetwork({ name: 'konnectivity-agent' });
  const log = componentLog(terminal).child({ component: 'konnectivity-agent' });
  const agent = startKonnectivityAgent({
    host,
    server: { host: text('proxy-server-host'), port },
    caPem,
    clientCertificate,
    token: tokenPath === '' ? null : async () => (await readNamedFile(tokenPath)).trim(),
    agentId: text('agent-id') === '' ? randomUUID() : text('agent-id'),
    identifiers: text('agent-identifiers'),
    syncIntervalMs: interval,
    syncIntervalCapMs: cap,
    log,
  });
  const healthPort = portOf('health-server-port', text('health-server-port'));
  const health = await servePlainHealth(
    host,
    { address: LOOPBACK, port: healthPort },
    {
      notReady: () => (agent.connections > 0 ? null : 'not connected to any proxy server'),
      metrics: () =>
        metricsText([
          {
            name: 'konnectivity_network_proxy_agent_open_server_connections',
            type: 'gauge',
            help: 'Current number of open server connections.',
            value: agent.connections,
          },
        ]),
    },
  ).catch(async (error: unknown) => {
    await agent.close();
    throw error;
  });
  log.info({ agentID: agent.agentId, health: joinHostPort(health.at.address, health.at.port) }, 'running');
  return {
    close: async () => {
      await health.close();
      await agent.close();
    },
  };
}
