import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { MidplaneError } from '../error';
import { hostNetwork } from '../network/host-network';
import type { Endpoint } from '../network/network';
import { Attacker } from './attacker';
import { alreadyOnPath } from './position';
import { openRouterHost } from './router-host';
import { type FakeKernel, type FakeMachine, fakeKernel } from './testing-router';

const sides = { name: 'attacker', inside: '10.78.1.2/24', outside: '10.78.2.2/24' };
const kubelet: Endpoint = { address: '10.78.2.11', port: 10250 };

describe('a router', () => {
  test('takes the gateway addresses, finding its links by their networks, and gives them back', async () => {
    const kernel = fakeKernel();
    const router = await openRouterHost({ ...sides, kernel });
    expect(router.addresses).toEqual(['10.78.1.2', '10.78.2.2']);
    await router.close();
    await router.close();
    expect(kernel.told).toEqual([
      'rules: 0',
      'ip addr add 10.78.1.2/24 dev eth1',
      'ip addr add 10.78.2.2/24 dev eth0',
      'no table',
      'ip addr del 10.78.1.2/24 dev eth1',
      'ip addr del 10.78.2.2/24 dev eth0',
    ]);
  });

  test('without being a gateway has two neighbours take it for each other', async () => {
    const kernel = fakeKernel({ links: [{ ifname: 'eth0', addresses: ['10.78.1.66'] }] });
    const own = '10.78.1.66/24';
    const spoof = ['10.78.1.2', '10.78.1.10'] as const;
    const router = await openRouterHost({ name: 'attacker', inside: own, outside: own, spoof, kernel });
    await router.nat.redirect({ to: kubelet, toPort: 4001 });
    expect(kernel.deliver(kubelet)).toEqual({ address: '10.78.1.66', port: 4001 });
    await router.close();
    expect(kernel.told).toEqual([
      'rules: 0',
      'arp eth0: 10.78.1.2 is here, 10.78.1.10',
      'arp eth0: 10.78.1.10 is here, 10.78.1.2',
      'rules: 1',
      'arp eth0: no more of 10.78.1.2',
      'arp eth0: no more of 10.78.1.10',
      // Neither can answer without asking for an address that nobody has, and the other hears who asks.
      'rules: 6',
      ...['10.78.1.2', '10.78.1.10'].flatMap((deceived) =>
        ['10.78.1.254', '10.78.1.253', '10.78.1.252'].map((spare) => `datagram to ${deceived} from ${spare}`),
      ),
      'no table',
    ]);
  });

  test('does not start when nobody can be told untruths', async () => {
    const kernel = fakeKernel({ links: [{ ifname: 'eth0', addresses: ['10.78.1.66'] }] });
    kernel.arpFailure = Promise.resolve(new MidplaneError('LAB_START_FAILED', 'arping: not permitted'));
    kernel.believed = () => new Promise(() => undefined);
    const own = '10.78.1.66/24';
    const opened = openRouterHost({
      name: 'a',
      inside: own,
      outside: own,
      spoof: ['10.78.1.2', '10.78.1.10'],
      kernel,
    });
    await expect(opened).rejects.toThrow('arping: not permitted');
    expect(kernel.told.at(-1)).toBe('no table');
  });

  test('leaves an address alone that it finds', async () => {
    const links = [
      { ifname: 'eth0', addresses: ['10.78.1.3', '10.78.1.2'] },
      { ifname: 'eth1', addresses: ['10.78.2.2'] },
    ];
    const kernel = fakeKernel({ links });
    await (await openRouterHost({ ...sides, kernel })).close();
    expect(kernel.told).toEqual(['rules: 0', 'no table']);
  });

  test.each<[string, FakeMachine, object]>([
    [
      'without a link to one of its networks',
      { links: [{ ifname: 'eth0', addresses: ['10.78.1.3'] }] },
      {
        code: 'CONFIG_INVALID',
        message: 'no interface of this machine is in the network of "10.78.2.2/24"',
        hint: 'its interfaces are: eth0 10.78.1.3',
      },
    ],
    [
      'on a machine that does not forward',
      { forwards: false },
      { code: 'LAB_START_FAILED', hint: expect.stringContaining('net.ipv4.ip_forward=1') },
    ],
  ])('does not start %s', async (_, machine, failure) => {
    const kernel = fakeKernel(machine);
    await expect(openRouterHost({ ...sides, kernel })).rejects.toMatchObject(failure);
    expect(kernel.told).toEqual([]);
  });

  test.each([
    ['what goes to the nodes where it comes from the control plane', '10.78.2.11', 'eth1'],
    ['what goes to the control plane where it comes from the nodes', '10.78.1.10', 'eth0'],
  ])('takes %s', async (_, address, arrivingAt) => {
    const scripts: string[] = [];
    const kernel = { ...fakeKernel(), nft: async (script: string) => void scripts.push(script) };
    await using router = await openRouterHost({ ...sides, kernel });
    await router.nat.redirect({ to: { address, port: 443 }, toPort: 4000 });
    expect(scripts.at(-1)).toContain(`iifname "${arrivingAt}" ip daddr ${address} tcp dport 443 `);
    expect(scripts.at(-1)).toContain('dnat to 10.78.1.2:4000');
  });

  test('keeps one redirect when another is given back', async () => {
    const kernel = fakeKernel();
    await using router = await openRouterHost({ ...sides, kernel });
    const other = { ...kubelet, address: '10.78.2.12' };
    const [undo] = await Promise.all([
      router.nat.redirect({ to: kubelet, toPort: 4001 }),
      router.nat.redirect({ to: other, toPort: 4002 }),
    ]);
    await undo();
    await undo();
    expect(kernel.deliver(kubelet)).toEqual(kubelet);
    expect(kernel.deliver(other)).toEqual({ address: '10.78.1.2', port: 4002 });
  });

  test('forgets a redirect that its kernel refused', async () => {
    const kernel = fakeKernel();
    await using router = await openRouterHost({ ...sides, kernel });
    kernel.failure = new MidplaneError('LAB_START_FAILED', 'nft -f -: not permitted');
    await expect(router.nat.redirect({ to: kubelet, toPort: 4001 })).rejects.toThrow('not permitted');
    kernel.failure = null;
    const other = { ...kubelet, address: '10.78.2.12' };
    await router.nat.redirect({ to: other, toPort: 4002 });
    expect(kernel.deliver(kubelet)).toEqual(kubelet);
  });

  test('brings no table back when a redirect is given back after the end', async () => {
    const kernel = fakeKernel();
    const router = await openRouterHost({ ...sides, kernel });
    const undo = await router.nat.redirect({ to: kubelet, toPort: 4001 });
    await router.close();
    const told = [...kernel.told];
    await undo();
    expect(kernel.told).toEqual(told);
  });
});

describe('an attack from a router', () => {
  /** On loopback, where the fake kernel's rules are carried out by the victim itself. */
  const loopback = { name: 'attacker', inside: '127.0.0.1/8', outside: '127.0.0.1/8' };

  async function say(kernel: FakeKernel, to: Endpoint, words: string): Promise<string> {
    const { address, port } = kernel.deliver(to);
    const dialled = await hostNetwork().dial({ host: address, port });
    if (dialled.kind === 'refusal') return dialled.text;
    dialled.socket.end(words);
    return (await buffer(dialled.socket)).toString();
  }

  test('taps by passing the bytes on itself, for its kernel forwards past it', async () => {
    const kernel = fakeKernel();
    await using genuine = await hostNetwork().listen({ address: '127.0.0.1', port: 0 }, ({ socket }) => {
      socket.once('data', (heard) => socket.on('end', () => socket.end(`heard ${heard}`)));
    });
    await using router = await openRouterHost({ ...loopback, kernel });
    const attack = await new Attacker({ host: router }).attack({
      technique: 'tap',
      mode: 'tap',
      targets: [genuine.at],
      position: alreadyOnPath('attacker is the router'),
      present: null,
      forged: 'FORGED',
      tampered: 'TAMPERED',
    });
    expect(kernel.deliver(genuine.at)).not.toEqual(genuine.at);
    await expect(say(kernel, genuine.at, 'during')).resolves.toBe('heard during');
    await attack.withdraw();
    await expect(say(kernel, genuine.at, 'after')).resolves.toBe('heard after');
    expect(kernel.deliver(genuine.at)).toEqual(genuine.at);
    const { loot } = attack;
    expect([loot.wireUp().toString(), loot.wireDown().toString()]).toEqual(['during', 'heard during']);
    expect(loot.connections).toBe(1);
  });

  test('ends with everything closed when the kernel refuses the rule', async () => {
    const kernel = fakeKernel();
    await using router = await openRouterHost({ ...loopback, kernel });
    kernel.failure = new MidplaneError('LAB_START_FAILED', 'nft -f -: not permitted');
    const attack = new Attacker({ host: router }).attack({
      technique: 'self-signed',
      mode: 'impersonate',
      targets: [kubelet],
      position: alreadyOnPath('attacker is the router'),
      present: null,
      forged: 'FORGED',
      tampered: 'TAMPERED',
    });
    await expect(attack).rejects.toThrow('not permitted');
    kernel.failure = null;
  });
});
