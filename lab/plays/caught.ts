import type { Host } from '../../network/network';
import type { Stage } from '../scenarios/stage';

/** `nc -lk PORT` on one of the machines: everything that anybody sends there. */
export async function listenAt(stage: Stage, host: Host, port: number): Promise<{ text(): string }> {
  const caught: Buffer[] = [];
  const listener = await host.listen({ address: host.addresses[0] ?? '0.0.0.0', port }, ({ socket }) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => caught.push(bytes));
    socket.on('end', () => socket.end());
  });
  stage.closeLater(listener);
  return { text: () => Buffer.concat(caught).toString('utf8').trim() };
}
