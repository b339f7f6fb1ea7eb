import type { Duplex } from 'node:stream';
import { type ClientHello, ClientHelloReader } from '../wire/client-hello';

/** What came first on an accepted connection. */
export type Peeked =
  | Extract<ClientHello, { kind: 'client-hello' }>
  | { readonly kind: 'not-tls'; readonly firstBytes: Buffer }
  /** The client ended, or the connection broke, before its hello was complete. */
  | { readonly kind: 'closed'; readonly error: Error | null; readonly received: number };

/** Reads the ClientHello and puts it back: whoever reads the socket next gets every byte. */
export function peekClientHello(socket: Duplex): Promise<Peeked> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];

    const reader = new ClientHelloReader();

    const look = (): void => {
      let hello: ClientHello = { kind: 'incomplete' };
      for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) {
        chunks.push(chunk as Buffer);
        hello = reader.push(chunk as Buffer);
      }
      if (hello.kind === 'not-tls') finish({ kind: 'not-tls', firstBytes: received() });
      if (hello.kind === 'client-hello') finish(hello);
    };
    const received = (): Buffer => (chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    const ended = (): void => finish({ kind: 'closed', error: null, received: received().length });
    const failed = (error: Error): void => finish({ kind: 'closed', error, received: received().length });
    const finish = (peeked: Peeked): void => {
      socket.off('readable', look);
      socket.off('end', ended);
      socket.off('close', ended);
      socket.off('error', failed);
      if (peeked.kind !== 'closed') socket.unshift(received());
      resolve(peeked);
    };

    socket.on('readable', look);
    socket.on('end', ended);
    socket.on('close', ended);
    socket.on('error', failed);
    if (socket.destroyed) ended();
  });
}
