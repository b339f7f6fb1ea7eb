import type { Duplex } from 'node:stream';
import type { Timeline } from './timeline';

/**
 * The contract between the components and whatever network they run on. Two networks keep it: the fabric (virtual
 * addresses inside one process) and the host (the machine's own sockets). A component never knows which one it is on.
 */

/** An address (an IP literal) and a port, as the components of the lab see them. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** An accepted or dialled stream. `socket` is a net.Socket on both networks; typed as Duplex so that nobody asks it for addresses. */
export interface Connection {
  readonly kind: 'connection';
  /** Unique within the network; the same on both ends, so that the timeline can join them. */
  readonly id: string;
  readonly socket: Duplex;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Accepting side only: where the dialler wanted to go, when address translation brought it here; else equal to `local`. */
  readonly originalDestination: Endpoint;
}

/**
 * Why a peer could not be reached or was not believed. An expected outcome, so a value and not an exception.
 * `text` is what Go would say, word for word, from `dial tcp`, `tls:` or `x509:` on: users read it through kubectl.
 */
export interface Refusal {
  readonly kind: 'refusal';
  readonly code:
    | 'CONNECTION_REFUSED'
    | 'NO_ROUTE'
    | 'TIMED_OUT'
    | 'NAME_NOT_FOUND'
    | 'CONNECTION_CLOSED'
    | 'CONNECTION_RESET'
    | 'NOT_TLS'
    | 'ALERT_RECEIVED'
    | 'CERTIFICATE_REFUSED';
  readonly text: string;
  readonly peer: Endpoint | null;
  /** With NOT_TLS: whether the peer's first bytes were an HTTP answer. */
  readonly speaksHttp?: boolean;
}

export interface Listener extends AsyncDisposable {
  readonly at: Endpoint;
  /** Stops accepting and destroys what was accepted and is still open. Idempotent. */
  close(): Promise<void>;
}

/** One machine's network stack. */
export interface Host {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly timeline: Timeline;
  /** The addresses a name stands for on this machine (an IP literal stands for itself). */
  resolve(name: string): Promise<readonly string[] | Refusal>;
  /** What the resolver of this machine has been told of a name, whoever told it; a network may have none to ask. */
  held?(name: string): string | undefined;
  /** Opens a connection. `host` is a name or an IP literal. Never throws for what a network does. */
  dial(
    to: { readonly host: string; readonly port: number },
    options?: { timeoutMs?: number; signal?: AbortSignal },
  ): Promise<Connection | Refusal>;
  /**
   * Accepts connections at one of this machine's addresses; port 0 takes any free port.
   * Throws MidplaneError LISTEN_FAILED when the address is not ours or the port is taken.
   */
  listen(at: Endpoint, accept: (connection: Connection) => void): Promise<Listener>;
}

/** `10.0.0.11:10250`, `[fd00::1]:443`, as Go's net.JoinHostPort writes it. */
export function joinHostPort(host: string, port: number | string): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
