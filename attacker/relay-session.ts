import type { Duplex } from 'node:stream';
import type { ChannelProtocol } from '../wire/channel';
import { type HeaderList, headerValue } from '../wire/http-head';
import { TUNNEL_PREFIX } from '../wire/port-forward';
import { partOf } from './impersonate';
import { MAX_NAME_CHARACTERS } from './limits';
import type { Direction } from './loot';
import type { PlayAction } from './play';
import type { RelayContext } from './relay';
import { passBytes } from './relay-raw';
import { SpdyRelay } from './relay-spdy';
import { relayWebSocket } from './relay-websocket';
import type { FlowOutlet, FlowPlan, RelayedFlow, RelayedFlows } from './relayed-flows';
import { channelTypes, sessionChannels, sessionStream } from './stream-name';
import { WebSocketTunnel } from './websocket-tunnel';

type ForwardStream = PlayAction & { readonly kind: 'forward-stream' };
type StreamHeaders = Readonly<Record<string, string>>;

export interface RelayedSessionOptions {
  readonly context: RelayContext;
  readonly path: string;
  readonly flows: RelayedFlows;
  /** Shown what the genuine endpoint says in a protocol that nobody here knows. */
  readonly see: (bytes: Buffer) => void;
}

/** What follows an upgrade: SPDY, channels in a WebSocket, SPDY inside a WebSocket; what is none of these passes as bytes. */
export class RelayedSession {
  readonly #options: RelayedSessionOptions;
  readonly #slips = new Map<number, { readonly up: string | null; readonly down: string | null }>();
  #spdy: SpdyRelay | null = null;

  constructor(options: RelayedSessionOptions) {
    this.#options = options;
  }

  /** @param headers of the genuine endpoint's 101 */
  begin(victim: Duplex, genuine: Duplex, headers: HeaderList): void {
    const upgrade = (headerValue(headers, 'upgrade') ?? '').toLowerCase();
    const protocol = headerValue(headers, 'sec-websocket-protocol') ?? '';
    if (upgrade === 'spdy/3.1') this.#relaySpdy(victim, genuine);
    else if (upgrade === 'websocket' && protocol.startsWith(TUNNEL_PREFIX)) {
      this.#relaySpdy(new WebSocketTunnel(victim, 'server'), new WebSocketTunnel(genuine, 'client'));
    } else if (upgrade === 'websocket' && isChannelProtocol(protocol)) {
      this.#relayChannels(victim, genuine, protocol);
    } else this.#passOn(victim, genuine);
  }

  forward(action: ForwardStream): void {
    this.#slips.set(action.stream, { up: action.injectUp, down: action.injectDown });
    this.#spdy?.forward(action.stream);
  }

  #relaySpdy(victim: Duplex, genuine: Duplex): void {
    const { flows } = this.#options;
    this.#spdy = new SpdyRelay(victim, genuine, {
      opened: (stream, headers) => this.#opened(stream, headers),
      join: (stream, headers, direction, from, to) =>
        flows.join(this.#planOf(stream, headers['streamtype'], direction), from, to),
    });
  }

  #relayChannels(victim: Duplex, genuine: Duplex, protocol: ChannelProtocol): void {
    const { context, path, flows } = this.#options;
    const typeOf = channelTypes(path);
    const known = new Set<number>();
    const open = (channel: number, direction: Direction, outlet: FlowOutlet): RelayedFlow | null => {
      const type = typeOf(channel);
      if (type === undefined) return null;
      if (!known.has(channel)) {
        known.add(channel);
        this.#opened(channel, { streamtype: type });
      }
      if (sessionStream(type, direction) === null) return null;
      return flows.open(this.#planOf(channel, type, direction), outlet);
    };
    relayWebSocket(
      victim,
      genuine,
      { protocol, ...sessionChannels(path) },
      {
        open,
        passed: (channel, direction, bytes) => {
          const { sent, received } = this.#planOf(channel, typeOf(channel), direction);
          sent(bytes);
          received(bytes);
        },
        cut: () => flows.breakOff(),
        malformed: (direction, text) => context.note('frame-malformed', { direction, text }),
      },
    );
  }

  #passOn(victim: Duplex, genuine: Duplex): void {
    const { context, see } = this.#options;
    const { kept, lane, write } = context;
    passBytes(victim, genuine, (direction, bytes) => {
      if (direction === 'down') see(bytes);
      else kept.add('forwarded', lane, bytes);
      write('upgraded', direction === 'up' ? 'client-sent' : 'endpoint-answered', bytes);
      write('upgraded', direction === 'up' ? 'endpoint-received' : 'client-got', bytes);
    });
  }

  #opened(stream: number, headers: StreamHeaders): void {
    const { number, report } = this.#options.context;
    report({ kind: 'stream-opened', exchange: number, stream, headers });
  }

  #planOf(stream: number, type: string | undefined, direction: Direction): FlowPlan {
    const { lane, kept, loot, note, write } = this.#options.context;
    const name = sessionStream(type, direction);
    const shown = (name ?? type ?? 'unknown').slice(0, MAX_NAME_CHARACTERS);
    const isUp = direction === 'up';
    const part = partOf(type);
    return {
      flow: `${stream}/${direction}`,
      stream: name,
      slip: this.#slips.get(stream)?.[direction] ?? null,
      sent: (bytes) => {
        if (!isUp) loot.keep('down', `${lane}/${stream}`, bytes);
        else if (part !== null) kept.add(part, `${lane}/${stream}`, bytes);
        if (!isUp || part !== null) note('bytes-captured', { direction, length: bytes.length });
        write(shown, isUp ? 'client-sent' : 'endpoint-answered', bytes);
      },
      received: (bytes) => write(shown, isUp ? 'endpoint-received' : 'client-got', bytes),
    };
  }
}

const CHANNEL_PROTOCOLS: ReadonlySet<string> = new Set([
  'channel.k8s.io',
  'base64.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'v5.channel.k8s.io',
]);

function isChannelProtocol(protocol: string): protocol is ChannelProtocol {
  return CHANNEL_PROTOCOLS.has(protocol);
}
