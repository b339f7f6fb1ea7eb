import { Socket } from 'node:net';
import { hostNetwork } from './host-network';
import type { Host, Listener } from './network';
import { splice } from './splice';

/**
 * Makes an endpoint of one network reachable from this machine's loopback, as `docker run -p 127.0.0.1:…` does: what
 * connects there goes on to the target as if it came from `through`. Port 0 takes any free port; the listener says which.
 */
export async function publish(
  through: Host,
  target: { readonly host: string; readonly port: number },
  port = 0,
): Promise<Listener> {
  const dialled = new Set<Socket>();
  const listener = await hostNetwork().listen({ address: '127.0.0.1', port }, (outside) => {
    const outer = outside.socket;
    outer.on('error', () => outer.destroy());
    void through.dial(target).then((inside) => {
      if (inside.kind === 'refusal' || outer.destroyed) {
        outer.destroy();
        if (inside.kind === 'connection') inside.socket.destroy();
        return;
      }
      if (!(outer instanceof Socket) || !(inside.socket instanceof Socket))
        throw new TypeError('not a net.Socket');
      const inner = inside.socket;
      dialled.add(inner);
      inner.once('close', () => dialled.delete(inner));
      splice(outer, inner);
    });
  });
  const close = async (): Promise<void> => {
    for (const socket of dialled) socket.destroy();
    await listener.close();
  };
  return { at: listener.at, close, [Symbol.asyncDispose]: close };
}
