import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { Fabric, type FabricHost } from './fabric';

const apiserver = { address: '10.0.0.10', port: 6443 };
const kubelet = { address: '10.0.0.11', port: 10250 };

/** Who answered. */
async function ask(
  from: FabricHost,
  to: { readonly address: string; readonly port: number },
  options: { marked?: boolean } = {},
): Promise<string> {
  const dialled = await from.dial({ host: to.address, port: to.port }, options);
  return dialled.kind === 'refusal' ? dialled.text : text(dialled.socket);
}

test('what a machine itself dials is turned aside, but for whoever marks it, and nothing that comes in', async () => {
  await using fabric = new Fabric();
  const node = fabric.addHost({ name: 'node-1', addresses: ['10.0.0.11/24'] });
  const controlPlane = fabric.addHost({ name: 'control-plane', addresses: ['10.0.0.10/24'] });
  await controlPlane.listen(apiserver, ({ socket }) => socket.end('apiserver'));
  await node.listen(kubelet, ({ socket }) => socket.end('kubelet'));
  const root = await node.listen({ address: '10.0.0.11', port: 0 }, ({ socket }) => socket.end('root'));

  const undo = node.nat.redirect({ to: apiserver, toPort: root.at.port, chain: 'output' });
  expect(await ask(node, apiserver)).toBe('root');
  expect(await ask(node, apiserver, { marked: true })).toBe('apiserver');
  const other = node.nat.redirect({ to: kubelet, toPort: root.at.port, chain: 'output' });
  expect(await ask(controlPlane, kubelet)).toBe('kubelet');
  other();
  undo();
  expect(await ask(node, apiserver)).toBe('apiserver');
  expect(node.nat.redirects).toEqual([]);
});

test('what comes in is turned aside, and not what the machine itself dials', async () => {
  await using fabric = new Fabric();
  const node = fabric.addHost({ name: 'node-1', addresses: ['10.0.0.11/24'] });
  const controlPlane = fabric.addHost({ name: 'control-plane', addresses: ['10.0.0.10/24'] });
  await node.listen(kubelet, ({ socket }) => socket.end('kubelet'));
  const root = await node.listen({ address: '10.0.0.11', port: 0 }, ({ socket }) => socket.end('root'));
  node.nat.redirect({ to: kubelet, toPort: root.at.port });
  expect(await ask(controlPlane, kubelet)).toBe('root');
  expect(await ask(node, kubelet)).toBe('kubelet');
});
