import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { Host } from '../network/network';
import { encodeGrpcMessage, grpcStatus } from '../wire/grpc-frames';
import type { KonnectivityPacket } from '../wire/konnectivity-packet';
import type { CheckAgentToken } from './konnectivity-agent-token';
import {
  type AgentIdentifiers,
  type Backends,
  parseAgentIdentifiers,
  type Registered,
} from './konnectivity-backends';
import { KonnectivityPackets } from './konnectivity-packets';

/** The server's end of an agent's stream: `AgentService.Connect`, one for as long as the agent stays. */
export interface AgentAdmission {
  readonly host: Host;
  readonly token: CheckAgentToken | null;
  readonly backends: Backends<AgentStream>;
  readonly serverId: string;
  readonly serverCount: number;
  readonly log: Logger;
}

export const CONNECT_METHOD = '/AgentService/Connect';

/**
 * Null: it was turned away, with a status of gRPC. Which of the agents it says it is, and what it says it can reach, is
 * held against nothing.
 * Source: kubernetes-sigs/apiserver-network-proxy, pkg/server/server.go (Connect), pkg/server/backend_manager.go (NewBackend).
 */
export async function admitAgent(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { host, token, backends, serverId, serverCount, log }: AgentAdmission,
): Promise<AgentStream | null> {
  stream.on('error', () => undefined);
  const turnAway = (status: number, text: string): null => {
    if (!stream.destroyed) {
      stream.respond(
        {
          ':status': 200,
          'content-type': 'application/grpc',
          'grpc-status': String(status),
          'grpc-message': encodeGrpcMessage(text),
        },
        { endStream: true },
      );
    }
    return null;
  };
  const path = headers[':path'];
  if (path !== CONNECT_METHOD) {
    const [, service = '', method = ''] = String(path).split('/');
    const known = service === 'AgentService';
    const what = known ? `unknown method ${method} for service ${service}` : `unknown service ${service}`;
    return turnAway(grpcStatus.unimplemented, what);
  }
  const ids = listOf(headers['agentid']);
  const [agentId] = ids;
  if (ids.length !== 1 || agentId === undefined) {
    return turnAway(grpcStatus.unknown, `expected one agent ID in the context, got [${ids.join(' ')}]`);
  }
  const said = listOf(headers['agentidentifiers']);
  if (said.length > 1) {
    return turnAway(
      grpcStatus.unknown,
      `expected at most one set of agent identifiers in the context, got [${said.join(' ')}]`,
    );
  }
  const identifiers = parseAgentIdentifiers(said[0] ?? '');
  if (typeof identifiers === 'string') return turnAway(grpcStatus.unknown, identifiers);
  if (token !== null) {
    const authorization = headers.authorization;
    const verdict = await token(authorization === undefined ? [] : [authorization]);
    if ('text' in verdict) {
      log.error({ agentID: agentId, err: verdict.text }, 'Client authentication failed');
      return turnAway(grpcStatus.unknown, verdict.text);
    }
    log.info({ agentID: agentId, username: verdict.user }, 'Agent successfully authenticated via token');
  }
  if (stream.destroyed) return null;
  stream.respond({
    ':status': 200,
    'content-type': 'application/grpc',
    serverid: serverId,
    servercount: String(serverCount),
  });
  const shared = backends.all.filter((other) => claimsTheSame(other, { agentId, identifiers }));
  for (const other of shared) {
    log.warn({ agentID: agentId, first: other.agentId }, 'two agents give the same ID or identifier');
  }
  const agent = new AgentStream({ stream, agentId, identifiers, log }, () => backends.remove(agent));
  backends.add(agent);
  log.info({ agentID: agentId, serverID: serverId }, 'Agent connected');
  host.timeline.record(host.name, null, 'agent-connected', { agent: agentId, identifiers: said[0] ?? '' });
  return agent;
}

/** What an operator could see: upstream says nothing about it. */
function claimsTheSame(one: Registered, other: Registered): boolean {
  const claims = ({ agentId, identifiers }: Registered): string[] => [
    `id ${agentId}`,
    ...[...identifiers.ipv4, ...identifiers.ipv6, ...identifiers.host].map((it) => `at ${it}`),
  ];
  const theirs = new Set(claims(other));
  return claims(one).some((claim) => theirs.has(claim));
}

function listOf(header: string | string[] | undefined): readonly string[] {
  if (header === undefined) return [];
  // Node joins what came several times, and no ID has a comma and a blank in it.
  return Array.isArray(header) ? header : header.split(', ');
}

interface Frontend {
  readonly address: string;
  readonly socket: Duplex;
  readonly failed: () => void;
}

export class AgentStream implements Registered {
  readonly agentId: string;
  readonly identifiers: AgentIdentifiers;
  readonly #stream: ServerHttp2Stream;
  readonly #log: Logger;
  readonly #packets: KonnectivityPackets;
  /** By the random number of the dial. */
  readonly #pending = new Map<string, Frontend>();
  readonly #established = new Map<number, Duplex>();

  constructor(
    from: {
      readonly stream: ServerHttp2Stream;
      readonly agentId: string;
      readonly identifiers: AgentIdentifiers;
      readonly log: Logger;
    },
    gone: () => void,
  ) {
    this.agentId = from.agentId;
    this.identifiers = from.identifiers;
    this.#stream = from.stream;
    this.#log = from.log;
    this.#packets = new KonnectivityPackets(
      from.stream,
      (packet) => this.#take(packet),
      ({ text }) => {
        from.log.error({ agentID: from.agentId, err: text }, 'Receive stream from agent read failure');
        this.close();
      },
    );
    from.stream.once('close', () => {
      gone();
      this.#giveUp();
    });
    // Whoever has nothing more to say is not an agent any more.
    from.stream.once('end', () => this.close());
  }

  get established(): number {
    return this.#established.size;
  }

  get pending(): number {
    return this.#pending.size;
  }

  /** Has the agent dial, and from then on carries what either end says; `failed` is called when it comes to nothing. */
  carry(address: string, socket: Duplex, failed: () => void): void {
    // 63 bits, as Go's rand.Int63 gives them.
    const bytes = randomBytes(8);
    const random = { low: bytes.readUInt32LE(0), high: bytes.readUInt32LE(4) >>> 1 };
    const key = keyOf(random);
    this.#pending.set(key, { address, socket, failed });
    socket.once('close', () => {
      if (this.#pending.delete(key)) failed();
    });
    this.#packets.send({ type: 'DIAL_REQ', protocol: 'tcp', address, random });
  }

  close(): void {
    if (!this.#stream.destroyed) this.#stream.close();
    this.#stream.session?.destroy();
  }

  #take(packet: KonnectivityPacket): void {
    switch (packet.type) {
      case 'DIAL_RSP':
        this.#answer(packet);
        break;
      case 'DIAL_CLS': {
        const frontend = this.#pending.get(keyOf(packet.random));
        this.#pending.delete(keyOf(packet.random));
        frontend?.failed();
        frontend?.socket.destroy();
        break;
      }
      case 'DATA': {
        const socket = this.#established.get(packet.connectId);
        if (socket !== undefined) this.#packets.deliver(packet.data, socket);
        else if (packet.connectId !== 0) this.#closeAtAgent(packet.connectId);
        break;
      }
      case 'CLOSE_RSP': {
        const socket = this.#established.get(packet.connectId);
        this.#established.delete(packet.connectId);
        socket?.end();
        break;
      }
      case 'DIAL_REQ':
      case 'CLOSE_REQ':
      case 'DRAIN':
        break;
    }
  }

  #answer({ random, error, connectId }: KonnectivityPacket & { type: 'DIAL_RSP' }): void {
    const frontend = this.#pending.get(keyOf(random));
    if (frontend === undefined) {
      if (connectId !== 0) this.#closeAtAgent(connectId);
      return;
    }
    this.#pending.delete(keyOf(random));
    const { socket, address, failed } = frontend;
    if (error !== '') {
      this.#log.error({ agentID: this.agentId, err: error }, 'DIAL_RSP contains failure');
      failed();
      // What http.Response.Write makes of a status without a protocol version.
      socket.end(`HTTP/0.0 503 Service Unavailable\r\n\r\n${error}`);
      return;
    }
    this.#established.set(connectId, socket);
    this.#log.info(
      { host: address, agentID: this.agentId, connectionID: connectId },
      'Connection established',
    );
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    this.#packets.sendData(connectId, socket);
    let told = false;
    const over = (): void => {
      if (told) return;
      told = true;
      this.#closeAtAgent(connectId);
    };
    socket.once('end', over);
    socket.once('close', over);
  }

  #closeAtAgent(connectId: number): void {
    this.#packets.send({ type: 'CLOSE_REQ', connectId });
  }

  #giveUp(): void {
    const lost = 'Backend context error: context canceled';
    for (const { socket, failed } of this.#pending.values()) {
      failed();
      socket.end(`HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${lost}\r\n`);
    }
    for (const socket of this.#established.values()) socket.destroy();
    this.#pending.clear();
    this.#established.clear();
  }
}

function keyOf({ low, high }: { readonly low: number; readonly high: number }): string {
  return `${high}:${low}`;
}
