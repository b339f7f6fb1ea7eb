import { once } from 'node:events';
import { beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { Fabric, type FabricHost } from '../network/fabric';
import type { Connection } from '../network/network';
import type { Judgement } from '../network/secure';
import { TlsAcceptor } from '../network/secure-server';
import { selfSignedKubeletServing } from '../pki/kubelet-serving';
import { generateSshKey, type SshKey } from '../pki/ssh-key';
import { SshTunneler, type SshTunnelerOptions } from './ssh-tunneler';
import { startSshd } from './sshd';

let hostKey: SshKey;
let userKey: SshKey;

beforeAll(async () => {
  [hostKey, userKey] = await Promise.all([generateSshKey('ec-p256'), generateSshKey('ec-p256')]);
});

const believe = (): Judgement => ({ ok: true });
const nodes = ['10.0.0.11', '10.0.0.12'];

/** A control plane and two nodes, each with an sshd; what is logged, and what the timeline hears. */
async function stage(some: Partial<SshTunnelerOptions> = {}) {
  const fabric = new Fabric();
  const events: string[] = [];
  fabric.timeline.subscribe(({ host, kind, data }) => events.push(`${host} ${kind} ${JSON.stringify(data)}`));
  const from = fabric.addHost({ name: 'control-plane', addresses: ['10.0.0.10/24'] });
  const logged: string[] = [];
  const log = pino({ level: 'info' }, { write: (line) => void logged.push(JSON.parse(line).msg) });
  const machines = nodes.map((address, index) =>
    fabric.addHost({ name: `node-${index + 1}`, addresses: [`${address}/24`] }),
  );
  const sshds = await Promise.all(machines.map((host) => sshd(host)));
  const tunneler = new SshTunneler({
    from,
    user: 'core',
    privateKey: userKey.privateKeyPem,
    judgeHostKey: believe,
    addresses: () => nodes,
    kubeletPort: 10250,
    pick: () => 1,
    log,
    ...some,
  });
  return {
    fabric,
    machines,
    sshds,
    tunneler,
    logged,
    events,
    [Symbol.asyncDispose]: async () => {
      await tunneler.close();
      await fabric.close();
    },
  };
}

function sshd(host: FabricHost) {
  return startSshd({
    host,
    at: { address: host.addresses[0] ?? '', port: 22 },
    hostKey: hostKey.privateKeyPem,
    user: 'core',
    authorizedKeys: [userKey.publicKey.split(' ')[1] ?? ''],
    log: pino({ level: 'silent' }),
  });
}

/** Says who it is, and from where it was dialled, to whoever comes. */
async function nameServer(host: FabricHost | undefined, port = 8080): Promise<void> {
  await host?.listen({ address: host.addresses[0] ?? '', port }, ({ socket, remote }) => {
    socket.end(`${host.name} from ${remote.address}`);
  });
}

async function heard(dialled: Connection | { text: string }): Promise<string> {
  if (!('socket' in dialled)) return dialled.text;
  let text = '';
  dialled.socket.on('data', (bytes: Buffer) => {
    text += bytes;
  });
  await once(dialled.socket, 'end');
  return text;
}

describe('the tunneler', () => {
  test('opens a tunnel to each address, and what is dialled through one comes from its node', async () => {
    await using lab = await stage();
    await Promise.all(lab.machines.map((machine) => nameServer(machine)));
    await lab.tunneler.start();
    expect([...lab.tunneler.addresses].sort()).toEqual(nodes);
    expect(await heard(await lab.tunneler.dial({ host: '10.0.0.11', port: 8080 }))).toBe(
      'node-1 from 10.0.0.11',
    );
    expect(lab.logged).toContain('Successfully added tunnel for "10.0.0.11"');
    expect([lab.tunneler.openCount, lab.tunneler.openFailCount]).toEqual([2, 0]);
  });

  test('sends what is for none of its addresses through a node of its choice, and says so', async () => {
    await using lab = await stage();
    const pod = lab.fabric.addHost({ name: 'pod', addresses: ['10.0.0.99/24'] });
    await nameServer(pod);
    await lab.tunneler.start();
    const through = lab.tunneler.addresses[1];
    expect(await heard(await lab.tunneler.dial({ host: '10.0.0.99', port: 8080 }))).toBe(
      `pod from ${through}`,
    );
    expect(lab.logged).toContain('SSH tunnel not found for address "10.0.0.99", picking random node');
  });

  test('refuses to dial when there is no tunnel', async () => {
    await using lab = await stage({ addresses: () => [] });
    await lab.tunneler.start();
    expect(await lab.tunneler.dial({ host: '10.0.0.11', port: 8080 })).toMatchObject({
      kind: 'refusal',
      text: 'No SSH tunnels currently open. Were the targets able to accept an ssh-key for user "core"?',
    });
  });

  test('has no tunnel to a node whose host key is refused', async () => {
    await using lab = await stage({
      judgeHostKey: (address) =>
        address === '10.0.0.11' ? { ok: false, error: 'knownhosts: key mismatch' } : { ok: true },
    });
    await lab.tunneler.start();
    expect(lab.tunneler.addresses).toEqual(['10.0.0.12']);
    expect(lab.logged).toContain(
      'Failed to open tunnel to "10.0.0.11": ssh: handshake failed: knownhosts: key mismatch',
    );
    expect([lab.tunneler.openCount, lab.tunneler.openFailCount]).toEqual([2, 1]);
  });

  test('tells that the node could not reach the target', async () => {
    await using lab = await stage();
    await lab.tunneler.start();
    expect(await lab.tunneler.dial({ host: '10.0.0.11', port: 1 })).toMatchObject({
      kind: 'refusal',
      text: 'ssh: rejected: connect failed ()',
    });
  });

  test('follows the nodes that come and go', async () => {
    let wanted: readonly string[] = ['10.0.0.11'];
    let seconds = 0;
    await using lab = await stage({ addresses: () => wanted, now: () => seconds * 1000 });
    await lab.tunneler.start();
    expect(lab.tunneler.addresses).toEqual(['10.0.0.11']);
    seconds = 601;
    expect(lab.tunneler.secondsSinceSync).toBe(601);
    wanted = ['10.0.0.12'];
    await lab.tunneler.sync();
    expect(lab.tunneler.addresses).toEqual(['10.0.0.12']);
    expect(lab.tunneler.secondsSinceSync).toBe(0);
    expect(lab.logged).toContain('Removing tunnel to deleted node at "10.0.0.11"');
  });

  test('dials anew when it is told to', async () => {
    await using lab = await stage();
    await lab.tunneler.start();
    await lab.tunneler.reopen('10.0.0.11');
    await lab.tunneler.reopen('10.0.0.13');
    expect([...lab.tunneler.addresses].sort()).toEqual(nodes);
    expect(lab.tunneler.openCount).toBe(3);
  });

  test('cuts the tunnel to a node whose kubelet does not answer, and dials it once more', async () => {
    let again: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => {
      again = resolve;
    });
    await using lab = await stage({ healthCheckEveryMs: 20, addresses: () => ['10.0.0.11'] });
    lab.fabric.timeline.subscribe(({ kind, data }) => {
      if (kind === 'ssh-session-opened' && data['role'] === 'client' && lab.tunneler.openCount > 0) again();
    });
    await lab.tunneler.start();
    await opened;
    expect(lab.logged).toEqual(
      expect.arrayContaining([
        'Healthcheck failed for tunnel to "10.0.0.11": Get "https://127.0.0.1:10250/healthz": ssh: rejected: connect failed ()',
        'Attempting once to re-establish tunnel to "10.0.0.11"',
      ]),
    );
  });

  test('keeps the tunnel to a node whose kubelet answers, whoever that is and whatever it says', async () => {
    await using lab = await stage({ healthCheckEveryMs: 20, addresses: () => ['10.0.0.11'] });
    const keyPair = await selfSignedKubeletServing('whoever');
    const acceptor = new TlsAcceptor({ keyPair, requestClientCertificate: false });
    let answered = 0;
    const twice = new Promise<void>((resolve) => {
      const answer = async (connection: Connection): Promise<void> => {
        const accepted = await acceptor.accept(connection);
        if (accepted.kind === 'handshake-failure') return;
        accepted.socket.on('error', () => undefined);
        accepted.socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
        answered += 1;
        if (answered === 2) resolve();
      };
      void lab.machines[0]?.listen({ address: '127.0.0.1', port: 10250 }, (it) => void answer(it));
    });
    await lab.tunneler.start();
    await twice;
    expect(lab.tunneler.openCount).toBe(1);
    expect(lab.logged.filter((line) => line.startsWith('Healthcheck failed'))).toEqual([]);
  });

  test('leaves nothing open when it is closed while it dials', async () => {
    await using lab = await stage();
    const mute = lab.fabric.addHost({ name: 'mute', addresses: ['10.0.0.13/24'] });
    let arrive: () => void = () => undefined;
    const came = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    await mute.listen({ address: '10.0.0.13', port: 22 }, () => arrive());
    const tunneler = new SshTunneler({
      from: lab.machines[0] as FabricHost,
      user: 'core',
      privateKey: userKey.privateKeyPem,
      judgeHostKey: believe,
      addresses: () => ['10.0.0.13'],
      kubeletPort: 10250,
      log: pino({ level: 'silent' }),
    });
    const started = tunneler.start();
    await came;
    await tunneler.close();
    await started;
    expect(tunneler.addresses).toEqual([]);
  });
});
