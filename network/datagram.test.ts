import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { sendDatagram } from './datagram';

test('an empty datagram arrives', async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const heard = once(socket, 'message');
  await sendDatagram({ address: '127.0.0.1', port: socket.address().port });
  await expect(heard).resolves.toEqual([Buffer.alloc(0), expect.objectContaining({ address: '127.0.0.1' })]);
  socket.close();
});

test('a datagram that cannot be sent is lost in silence', async () => {
  await expect(sendDatagram({ address: '255.255.255.255', port: 9 })).resolves.toBeUndefined();
});
