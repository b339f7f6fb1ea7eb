import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { parseCidr } from './cidr';
import { Fabric, type FabricHost, type TappedBytes } from './fabric';
import { type NatBranch, type NatRuleset, NatTable, type NatVerdict, natKey } from './fabric-nat';
import type { Endpoint } from './network';

const pods = [parseCidr('10.244.0.0/16')];
const one: Endpoint = { address: '10.244.1.2', port: 8080 };
const two: Endpoint = { address: '10.244.2.2', port: 8080 };
const service: Endpoint = { address: '10.96.0.20', port: 80 };

function dnat(to: readonly Endpoint[], more: Partial<NatVerdict & { kind: 'dnat' }> = {}): NatVerdict {
  return { kind: 'dnat', to, masquerade: false, ...more };
}

function ruleset(branches: readonly NatBranch[], at = service, rejected: readonly string[] = []): NatRuleset {
  return { rules: new Map([[natKey(at), branches]]), rejected: new Set(rejected) };
}

describe('a NAT table', () => {
  const own = ['10.0.0.11'];

  test.each<[string, readonly NatBranch[], string, unknown]>([
    ['anybody', [{ verdict: dnat([one]) }], '10.0.0.5', one],
    ['nobody it is for', [{ from: { kind: 'local' }, verdict: dnat([one]) }], '10.0.0.5', null],
    ['itself', [{ from: { kind: 'local' }, verdict: dnat([one]) }], '10.0.0.11', one],
    ['a pod', [{ from: { kind: 'within', cidrs: pods }, verdict: dnat([one]) }], '10.244.1.9', one],
    ['no pod', [{ from: { kind: 'within', cidrs: pods }, verdict: dnat([one]) }], '10.0.0.5', null],
    ['somebody outside', [{ from: { kind: 'outside', cidrs: pods }, verdict: dnat([one]) }], '10.0.0.5', one],
    [
      'the first branch that fits',
      [{ from: { kind: 'outside', cidrs: pods }, verdict: dnat([two]) }, { verdict: dnat([one]) }],
      '10.244.1.9',
      one,
    ],
  ])('leads by source: %s', (_who, branches, source, to) => {
    const nat = new NatTable();
    nat.replace(ruleset(branches));
    expect(nat.translate(source, service, own)).toEqual(
      to === null ? null : { kind: 'translated', to, masquerade: false },
    );
  });

  test('refuses the other ports of an address that it was told to, and no other address', () => {
    const nat = new NatTable();
    nat.replace(ruleset([{ verdict: dnat([one]) }], service, [service.address]));
    expect(nat.translate('10.0.0.5', { ...service, port: 81 }, own)).toEqual({ kind: 'reject' });
    expect(nat.translate('10.0.0.5', { address: '10.96.0.21', port: 81 }, own)).toBeNull();
  });

  test('hides a dialler that is led to itself, or it would answer itself', () => {
    const nat = new NatTable();
    nat.replace(ruleset([{ verdict: dnat([one]) }]));
    expect(nat.translate(one.address, service, own)).toMatchObject({ masquerade: true });
    expect(nat.translate(two.address, service, own)).toMatchObject({ masquerade: false });
  });

  test('takes every target equally often', () => {
    let turn = 0;
    const nat = new NatTable({ now: () => 0, random: () => ((turn++ % 90) + 0.5) / 90 });
    nat.replace(ruleset([{ verdict: dnat([one, two, { ...two, port: 1 }]) }]));
    const seen = new Map<string, number>();
    for (let index = 0; index < 270; index++) {
      const found = nat.translate('10.0.0.5', service, own);
      const key = found?.kind === 'translated' ? natKey(found.to) : 'none';
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    expect([...seen.values()]).toEqual([90, 90, 90]);
  });

  test('keeps a client at its target until it has stayed away too long, or the target is gone', () => {
    let now = 0;
    let random = 0;
    const nat = new NatTable({ now: () => now, random: () => random });
    const sticky = (to: readonly Endpoint[]): NatRuleset =>
      ruleset([{ verdict: dnat(to, { affinity: { name: 'default/web:http', timeoutMs: 1000 } }) }]);
    const led = (source: string): unknown => {
      const found = nat.translate(source, service, own);
      return found?.kind === 'translated' ? found.to : found;
    };
    nat.replace(sticky([one, two]));
    expect(led('10.0.0.5')).toEqual(one);
    random = 0.9;
    now = 900;
    expect(led('10.0.0.5')).toEqual(one);
    expect(led('10.0.0.6')).toEqual(two);
    // Counted from the last time, not from the first; and the rules being written again changes nothing.
    nat.replace(sticky([one, two]));
    now = 1800;
    expect(led('10.0.0.5')).toEqual(one);
    now = 2800;
    expect(led('10.0.0.5')).toEqual(two);
    nat.replace(sticky([one]));
    expect(led('10.0.0.5')).toEqual(one);
  });

  test('looks up one rule of 20,000, and never goes through all', () => {
    const nat = new NatTable();
    const rules = new Lookups();
    for (let index = 0; index < 20_000; index++) {
      const address = `10.97.${index >> 8}.${index & 255}`;
      rules.set(natKey({ address, port: 80 }), [{ verdict: dnat([one]) }]);
    }
    nat.replace({ rules, rejected: new Set() });
    rules.seen = [];
    expect(nat.translate('10.0.0.5', { address: '10.97.3.4', port: 80 }, own)).not.toBeNull();
    expect(rules.seen).toEqual(['10.97.3.4:80']);
  });
});

/** Notes what it was asked for. */
class Lookups extends Map<string, readonly NatBranch[]> {
  seen: string[] = [];

  override get(key: string): readonly NatBranch[] | undefined {
    this.seen.push(key);
    return super.get(key);
  }

  override values() {
    this.seen.push('all');
    return super.values();
  }

  override entries() {
    this.seen.push('all');
    return super.entries();
  }
}

/** Two nodes with a pod each, the control plane, and an attacker on their segment. */
function cluster(fabric: Fabric) {
  const machine = (name: string, address: string) => fabric.addHost({ name, addresses: [`${address}/24`] });
  const node = (index: 1 | 2) =>
    fabric.addHost({
      name: `node-${index}`,
      addresses: [`10.0.0.1${index}/24`, `10.244.${index}.1/24`],
      forwards: true,
    });
  const pod = (index: 1 | 2) =>
    fabric.addHost({
      name: `pod-${index}`,
      addresses: [`10.244.${index}.2/24`],
      gateway: `10.244.${index}.1`,
    });
  const hosts = {
    controlPlane: machine('control-plane', '10.0.0.10'),
    attacker: fabric.addHost({ name: 'attacker', addresses: ['10.0.0.66/24'], forwards: true }),
    workstation: machine('workstation', '10.0.0.5'),
    node1: node(1),
    node2: node(2),
    pod1: pod(1),
    pod2: pod(2),
  };
  for (const it of Object.values(hosts)) {
    for (const index of [1, 2] as const) {
      if (!it.name.endsWith(`-${index}`))
        it.routes.add({ to: `10.244.${index}.0/24`, via: `10.0.0.1${index}` });
    }
  }
  // A pod knows no way but its node.
  for (const it of [hosts.pod1, hosts.pod2]) it.routes.delete({ to: '10.244.1.0/24', via: '10.0.0.11' });
  for (const it of [hosts.pod1, hosts.pod2]) it.routes.delete({ to: '10.244.2.0/24', via: '10.0.0.12' });
  return hosts;
}

async function greet(host: FabricHost, port: number): Promise<void> {
  await host.listen({ address: '0.0.0.0', port }, ({ socket, remote, originalDestination: to }) => {
    socket.end(`${host.name} at ${to.address}:${to.port} hears ${remote.address}`);
  });
}

async function ask(from: FabricHost, { address, port }: Endpoint): Promise<string> {
  const dialled = await from.dial({ host: address, port }, { timeoutMs: 1 });
  return dialled.kind === 'refusal' ? dialled.text : text(dialled.socket);
}

const api: Endpoint = { address: '10.96.0.1', port: 443 };
const apiserver: Endpoint = { address: '10.0.0.10', port: 6443 };

describe('translation on the fabric', () => {
  test('leads a pod through its node and the node itself to the apiserver; without a rule there is no way', async () => {
    await using fabric = new Fabric();
    const { controlPlane, node1, pod1, pod2, node2 } = cluster(fabric);
    await greet(controlPlane, 6443);
    node1.nat.replace(ruleset([{ verdict: dnat([apiserver]) }], api));
    expect(await ask(pod1, api)).toBe('control-plane at 10.0.0.10:6443 hears 10.244.1.2');
    expect(await ask(node1, api)).toBe('control-plane at 10.0.0.10:6443 hears 10.0.0.11');
    for (const it of [pod2, node2])
      expect(await ask(it, api)).toBe('dial tcp 10.96.0.1:443: connect: no route to host');
  });

  test('says at the dialler what it dialled, and on the timeline where that led', async () => {
    await using fabric = new Fabric();
    const { controlPlane, node1, pod1 } = cluster(fabric);
    await greet(controlPlane, 6443);
    node1.nat.replace(ruleset([{ verdict: dnat([apiserver]) }], api));
    const seen: unknown[] = [];
    fabric.timeline.subscribe((event) => seen.push(event.data));
    const dialled = await pod1.dial({ host: api.address, port: api.port });
    expect(dialled).toMatchObject({ remote: api, local: { address: '10.244.1.2' } });
    expect(seen).toEqual([
      expect.objectContaining({
        to: api,
        translatedTo: apiserver,
        through: ['node-1'],
        deliveredTo: 'control-plane',
      }),
    ]);
  });

  test('shows an attacker on the segment the addresses behind the translation, and lets it take them', async () => {
    await using fabric = new Fabric();
    const { controlPlane, node1, pod1, attacker } = cluster(fabric);
    await greet(controlPlane, 6443);
    await greet(attacker, 6443);
    node1.nat.replace(ruleset([{ verdict: dnat([apiserver]) }], api));
    node1.neighbours.set(apiserver.address, 'attacker');
    const tapped: TappedBytes[] = [];
    const untap = attacker.tap((bytes) => tapped.push(bytes));
    expect(await ask(pod1, api)).toContain('control-plane');
    expect(tapped[0]).toMatchObject({ from: { address: '10.244.1.2' }, to: apiserver });
    untap();
    // A rule for the service's own address catches nothing: on the segment nobody speaks of it.
    const undo = attacker.nat.redirect({ to: api, toPort: 6443 });
    expect(await ask(pod1, api)).toContain('control-plane');
    undo();
    attacker.nat.redirect({ to: apiserver, toPort: 6443 });
    expect(await ask(pod1, api)).toBe('attacker at 10.0.0.10:6443 hears 10.244.1.2');
  });

  test('masquerades as the interface that the packet leaves by, on the last machine only', async () => {
    await using fabric = new Fabric();
    const { node1, workstation, pod1, pod2 } = cluster(fabric);
    await greet(pod1, 8080);
    await greet(pod2, 8080);
    const nodePort: Endpoint = { address: '10.0.0.11', port: 30080 };
    node1.nat.replace(ruleset([{ verdict: dnat([two], { masquerade: true }) }], nodePort));
    expect(await ask(workstation, nodePort)).toBe('pod-2 at 10.244.2.2:8080 hears 10.0.0.11');
    node1.nat.replace(ruleset([{ verdict: dnat([one], { masquerade: true }) }], nodePort));
    expect(await ask(workstation, nodePort)).toBe('pod-1 at 10.244.1.2:8080 hears 10.244.1.1');
    node1.nat.replace(ruleset([{ verdict: dnat([one]) }], nodePort));
    expect(await ask(workstation, nodePort)).toBe('pod-1 at 10.244.1.2:8080 hears 10.0.0.5');
  });

  test('refuses at once, or leaves the dialler waiting, as the rule says', async () => {
    await using fabric = new Fabric();
    const { node1, pod1 } = cluster(fabric);
    node1.nat.replace(ruleset([{ verdict: { kind: 'reject' } }]));
    expect(await ask(pod1, service)).toBe('dial tcp 10.96.0.20:80: connect: connection refused');
    node1.nat.replace(ruleset([{ verdict: { kind: 'drop' } }]));
    expect(await ask(pod1, service)).toBe('dial tcp 10.96.0.20:80: i/o timeout');
  });

  test('a connection that is open keeps its path when the rules change', async () => {
    await using fabric = new Fabric();
    const { node1, pod1, pod2 } = cluster(fabric);
    await pod2.listen({ address: '10.244.2.2', port: 8080 }, ({ socket }) => socket.pipe(socket));
    node1.nat.replace(ruleset([{ verdict: dnat([two]) }]));
    const dialled = await pod1.dial({ host: service.address, port: service.port });
    if (dialled.kind === 'refusal') throw new Error(dialled.text);
    node1.nat.replace({ rules: new Map(), rejected: new Set() });
    dialled.socket.end('still here');
    expect(await text(dialled.socket)).toBe('still here');
    expect(await ask(pod1, service)).toContain('no route to host');
  });

  test('every machine has a loopback of its own, which nobody is led to from outside', async () => {
    await using fabric = new Fabric();
    const { node1, node2, pod1 } = cluster(fabric);
    const metrics: Endpoint = { address: '127.0.0.1', port: 10249 };
    await node1.listen(metrics, ({ socket, remote }) => socket.end(`metrics for ${remote.address}`));
    expect(await ask(node1, metrics)).toBe('metrics for 127.0.0.1');
    expect(await ask(node1, { address: 'localhost', port: 10249 })).toBe('metrics for 127.0.0.1');
    expect(await ask(node2, metrics)).toContain('connection refused');
    node1.nat.replace(ruleset([{ verdict: dnat([metrics]) }]));
    expect(await ask(pod1, service)).toBe('dial tcp 10.96.0.20:80: i/o timeout');
  });
});
