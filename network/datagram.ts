import { createSocket } from 'node:dgram';
import type { Endpoint } from './network';

/** Sends one empty datagram. Also done where there is no way to get there: it is as lost as one that is lost later. */
export function sendDatagram({ address, port }: Endpoint): Promise<void> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.send('', port, address, () => socket.close(resolve));
  });
}
