import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { Fabric, type FabricHost, type TappedBytes } from './fabric';
import type { Connection, Refusal } from './network';

/** A control plane and an attacker on one segment with a node that routes to a pod. */
function cluster(fabric: Fabric) {
  const controlPlane = fabric.addHost({ name: 'control-plane', addresses: ['10.0.0.10/24'] });
  const node = fabric.addHost({
    name: 'node-1',
    addresses: ['10.0.0.11/24', '10.244.1.1/24'],
    forwards: true,
  });
  const pod = fabric.addHost({ name: 'pod', addresses: ['10.244.1.5/24'], gateway: '10.244.1.1' });
  const attacker = fabric.addHost({ name: 'attacker', addresses: ['10.0.0.66/24'], forwards: true });
  for (const host of [controlPlane, attacker]) host.routes.add({ to: '10.244.1.0/24', via: '10.0.0.11' });
  return { controlPlane, node, pod, attacker };
}

/** Greets every connection with who answered and for whom, then echoes. */
async function greet(host: FabricHost, port: number, address = host.addresses[0] ?? ''): Promise<void> {
  await host.listen({ address, port }, ({ socket, remote, originalDestination }) => {
    socket.write(`${host.name} for ${originalDestination.address} from ${remote.address}\n`);
    socket.pipe(socket);
  });
}

async function say(from: FabricHost, host: string, port: number, words: string): Promise<string> {
  const connection = opened(await from.dial({ host, port }));
  connection.socket.end(words);
  return text(connection.socket);
}

function opened(dialled: Connection | Refusal): Connection {
  if (dialled.kind === 'refusal') throw new Error(`refused: ${dialled.text}`);
  return dialled;
}

describe('the fabric', () => {
  test('leaves nothing open when it is closed in the middle of a conversation', async () => {
    const sockets = (): number =>
      process.getActiveResourcesInfo().filter((it) => it.startsWith('TCP')).length;
    const before = sockets();
    const fabric = new Fabric();
    const { controlPlane, node, attacker } = cluster(fabric);
    await greet(node, 10250);
    controlPlane.neighbours.set('10.0.0.11', 'attacker');
    attacker.tap(() => undefined);
    const { socket } = opened(await controlPlane.dial({ host: 'node-1', port: 10250 }));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined).resume();
    await fabric.close();
    await closed;
    // Not more than before: what another suite of this process left behind may close meanwhile.
    expect(sockets()).toBeLessThanOrEqual(before);
  });

  test('carries bytes to the machine that owns the address, and names the dialler to it', async () => {
    await using fabric = new Fabric();
    const { controlPlane, node } = cluster(fabric);
    await greet(node, 10250);
    expect(await say(controlPlane, '10.0.0.11', 10250, 'hello')).toBe(
      'node-1 for 10.0.0.11 from 10.0.0.10\nhello',
    );
  });

  test('routes to a pod through its node, and resolves machines by name', async () => {
    await using fabric = new Fabric();
    const { controlPlane, node, pod } = cluster(fabric);
    await greet(pod, 8080);
    await greet(node, 10250);
    expect(await say(controlPlane, '10.244.1.5', 8080, '')).toContain('pod for 10.244.1.5');
    expect(await say(controlPlane, 'node-1', 10250, '')).toContain('node-1 for 10.0.0.11');
    expect(await say(pod, '10.0.0.10', 6443, '').catch((error: Error) => error.message)).toContain('refused');
  });

  test.each<[string, (it: ReturnType<typeof cluster>) => void]>([
    ['neighbour entry', ({ controlPlane }) => controlPlane.neighbours.set('10.0.0.11', 'attacker')],
    ['route', ({ controlPlane }) => controlPlane.routes.add({ to: '10.0.0.11/32', via: '10.0.0.66' })],
    ['name', ({ controlPlane }) => controlPlane.names.set('node-1', '10.0.0.66')],
  ])('delivers to the attacker once the victim believes its %s', async (_what, poison) => {
    await using fabric = new Fabric();
    const it = cluster(fabric);
    await greet(it.node, 10250);
    await greet(it.attacker, 10250);
    const undo = it.attacker.nat.redirect({ to: { address: '10.0.0.11', port: 10250 }, toPort: 10250 });
    expect(await say(it.controlPlane, 'node-1', 10250, '')).toContain('node-1 for 10.0.0.11');
    poison(it);
    expect(await say(it.controlPlane, 'node-1', 10250, '')).toContain('attacker for 10.0.0.');
    expect(await say(it.attacker, 'node-1', 10250, '')).toContain('node-1 for 10.0.0.11');
    undo();
  });

  test('passes redirected traffic on untouched, and shows it to the tap of the machine that forwards it', async () => {
    await using fabric = new Fabric();
    const { controlPlane, node, attacker } = cluster(fabric);
    await greet(node, 10250);
    controlPlane.neighbours.set('10.0.0.11', 'attacker');
    const seen: TappedBytes[] = [];
    const untap = attacker.tap((bytes) => seen.push(bytes));
    expect(await say(controlPlane, 'node-1', 10250, 'secret')).toBe(
      'node-1 for 10.0.0.11 from 10.0.0.10\nsecret',
    );
    const said = (direction: string): string =>
      Buffer.concat(seen.filter((it) => it.direction === direction).map((it) => it.bytes)).toString();
    expect(said('up')).toBe('secret');
    expect(said('down')).toBe('node-1 for 10.0.0.11 from 10.0.0.10\nsecret');
    untap();
    seen.length = 0;
    await say(controlPlane, 'node-1', 10250, 'secret');
    expect(seen).toEqual([]);
  });

  test('carries the last bytes of a dialler that hangs up, past a tap as well', async () => {
    await using fabric = new Fabric();
    const { controlPlane, node, attacker } = cluster(fabric);
    controlPlane.neighbours.set('10.0.0.11', 'attacker');
    attacker.tap(() => undefined);
    let hear: (words: Promise<string>) => void = () => undefined;
    const heard = new Promise<string>((resolve) => {
      hear = resolve;
    });
    await node.listen({ address: '10.0.0.11', port: 1 }, ({ socket }) => hear(text(socket)));
    const { socket } = opened(await controlPlane.dial({ host: 'node-1', port: 1 }));
    socket.write('last words', () => socket.destroy());
    expect(await heard).toBe('last words');
  });

  test('tells every listener who really came, however many dial at once', async () => {
    await using fabric = new Fabric();
    const { controlPlane, node } = cluster(fabric);
    const wrong: string[] = [];
    for (let port = 1; port <= 20; port++) {
      await node.listen({ address: '10.0.0.11', port }, ({ socket, originalDestination }) => {
        if (originalDestination.port !== port) wrong.push(`${originalDestination.port} at ${port}`);
        socket.end();
      });
    }
    for (let round = 0; round < 20; round++) {
      const dials = Array.from({ length: 100 }, (_, index) =>
        say(controlPlane, 'node-1', 1 + (index % 20), ''),
      );
      await Promise.all(dials);
    }
    expect(wrong).toEqual([]);
  });

  test('refuses as the kernel would, in the words of Go', async () => {
    await using fabric = new Fabric();
    const { controlPlane } = cluster(fabric);
    const words = async (host: string): Promise<string> => {
      const dialled = await controlPlane.dial({ host, port: 1 });
      return dialled.kind === 'refusal' ? dialled.text : 'opened';
    };
    expect(await words('10.0.0.11')).toBe('dial tcp 10.0.0.11:1: connect: connection refused');
    expect(await words('10.0.0.99')).toBe('dial tcp 10.0.0.99:1: connect: no route to host');
    expect(await words('192.0.2.1')).toBe('dial tcp 192.0.2.1:1: connect: no route to host');
    expect(await words('node-9')).toBe('dial tcp: lookup node-9: no such host');
  });

  test('times out where a machine takes the packets and drops them', async () => {
    await using fabric = new Fabric();
    const { controlPlane, attacker } = cluster(fabric);
    attacker.forwards = false;
    controlPlane.neighbours.set('10.0.0.11', 'attacker');
    const dialled = await controlPlane.dial({ host: '10.0.0.11', port: 10250 }, { timeoutMs: 1 });
    expect(dialled).toMatchObject({ code: 'TIMED_OUT', text: 'dial tcp 10.0.0.11:10250: i/o timeout' });
  });

  test('refuses a second listener and an address of somebody else', async () => {
    await using fabric = new Fabric();
    const { node } = cluster(fabric);
    await greet(node, 10250);
    const problem = (address: string): Promise<unknown> =>
      node.listen({ address, port: 10250 }, () => undefined).catch((error: unknown) => error);
    expect(await problem('10.0.0.11')).toMatchObject({
      code: 'LISTEN_FAILED',
      message: 'listen tcp 10.0.0.11:10250: bind: address already in use on "node-1"',
    });
    expect(await problem('10.0.0.12')).toMatchObject({ message: expect.stringContaining('cannot assign') });
  });

  test('hangs up on anybody on the machine who is not on the fabric', async () => {
    await using fabric = new Fabric();
    let accepted = 0;
    const { port } = await fabric.listenLoopback(() => accepted++);
    const stranger = connect({ host: '127.0.0.1', port });
    expect(await text(stranger)).toBe('');
    expect(accepted).toBe(0);
  });
});
