import type { Duplex } from 'node:stream';
import type { Machine, Path } from './fabric-path';
import type { Endpoint } from './network';

/** A connection with the addresses that it bears when the first machine that passes it on has passed it on. */
export interface WiredConnection {
  readonly id: string;
  /** The machine that dialled. */
  readonly from: string;
  /** Those that pass it on, in order. */
  readonly through: readonly string[];
  readonly deliveredTo: string;
  readonly dialler: WireEnd;
  /** Whom it is addressed to; the hardware address is of the machine that really takes it. */
  readonly listener: WireEnd;
}

export interface WireEnd extends Endpoint {
  readonly hardwareAddress: string;
}

/** `up` is what the dialler sent. */
export type WireEvent =
  | { readonly kind: 'opened'; readonly connection: WiredConnection }
  | {
      readonly kind: 'bytes';
      readonly id: string;
      readonly direction: 'up' | 'down';
      readonly bytes: Buffer;
    }
  | { readonly kind: 'ended' | 'reset'; readonly id: string; readonly direction: 'up' | 'down' };

export type WireListener = (event: WireEvent) => void;

type Wired = Machine & { readonly hardwareAddress: string };

export function wiredConnection<M extends Wired>(
  id: string,
  from: M,
  { machine, through, source, destination }: Path<M> & { readonly kind: 'delivered' },
  port: number,
): WiredConnection {
  const [first] = through;
  const next = first?.machine ?? machine;
  return {
    id,
    from: from.name,
    through: through.map((hop) => hop.machine.name),
    deliveredTo: machine.name,
    dialler: { hardwareAddress: from.hardwareAddress, address: first?.source ?? source, port },
    listener: { hardwareAddress: next.hardwareAddress, ...(first?.destination ?? destination) },
  };
}

/** Tells that it is open, and later how each half of it ends; `inward` is the dialler's. */
export function tellConnection(
  connection: WiredConnection,
  inward: Duplex,
  outward: Duplex,
  tell: WireListener,
): void {
  const { id } = connection;
  tell({ kind: 'opened', connection });
  const sides = [
    { socket: inward, direction: 'up' },
    { socket: outward, direction: 'down' },
  ] as const;
  for (const { socket, direction } of sides) {
    let over = false;
    const end = (kind: 'ended' | 'reset'): void => {
      if (over) return;
      over = true;
      tell({ kind, id, direction });
    };
    socket.once('end', () => end('ended'));
    socket.once('close', (hadError?: boolean) => end(hadError === true ? 'reset' : 'ended'));
  }
}
