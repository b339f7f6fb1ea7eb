import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Connection } from '../network/network';
import type { Judgement } from '../network/secure';
import { type SshConnection, startSsh } from '../network/ssh-client';
import { Transport } from '../network/transport';
import { generateSshKey } from '../pki/ssh-key';
import type { Attack } from './attacker';
import { KUBELET, NODE, type Segment, startSegment } from './testing-segment';

let segment: Segment;

beforeEach(async () => {
  segment = await startSegment();
});
afterEach(async () => {
  await segment[Symbol.asyncDispose]();
});

async function tunnel(judgeHostKey: () => Judgement = () => ({ ok: true })) {
  const connection = (await segment.controlPlane.dial({ host: NODE, port: 22 })) as Connection;
  const { privateKeyPem } = await generateSshKey('ec-p256');
  return startSsh(connection, { user: 'core', privateKey: privateKeyPem, judgeHostKey });
}

/** The apiserver's requests, but that they go through this tunnel. */
function through(ssh: SshConnection, trust: 'verify-nobody' | 'verify'): Transport {
  const { controlPlane } = segment;
  return new Transport({
    from: {
      name: controlPlane.name,
      addresses: controlPlane.addresses,
      timeline: controlPlane.timeline,
      resolve: (name) => controlPlane.resolve(name),
      listen: (at, accept) => controlPlane.listen(at, accept),
      dial: (to, { signal } = {}) => ssh.dial(to, signal),
    },
    trust: (host) =>
      trust === 'verify' ? { kind: 'verify', bundlePem: segment.caPem, host } : { kind: 'verify-nobody' },
  });
}

async function taken(attack: Attack, trust: 'verify-nobody' | 'verify' = 'verify-nobody') {
  const ssh = await tunnel();
  if (ssh.kind === 'refusal') throw new Error(ssh.text);
  const answer = await through(ssh, trust).roundTrip(
    { host: NODE, port: KUBELET.port, scheme: 'https' },
    { method: 'GET', path: '/containerLogs/default/web/web', headers: [['Host', NODE]] },
  );
  const body = answer.kind === 'response' ? (await buffer(answer.body)).toString() : answer.text;
  await ssh.close();
  await attack.withdraw();
  return body;
}

describe('the attacker as an sshd', () => {
  const plan = { mode: 'impersonate', targets: [{ address: NODE, port: 22 }], forged: 'forged-1' } as const;

  test('learns where the channels of who believes it lead, and plays the endpoint at the end of each', async () => {
    const attack = await segment.attack(plan);
    expect(await taken(attack)).toContain('forged-1');
    const { hostKeys, tunnelTargets, requests } = attack.loot;
    expect(hostKeys).toMatchObject([{ believed: true, user: 'core' }]);
    expect(tunnelTargets).toEqual([`${NODE}:10250`]);
    expect(requests).toMatchObject([{ path: '/containerLogs/default/web/web' }]);
  });

  test('attacks only the channels that it is told to, and others arrive as they are', async () => {
    await segment.serve(8080, { tls: false, request: (_, response) => response.end('genuine') });
    const attack = await segment.attack({ ...plan, channelsTo: { address: NODE, port: KUBELET.port } });
    const ssh = await tunnel();
    if (ssh.kind === 'refusal') throw new Error(ssh.text);
    const answer = await through(ssh, 'verify-nobody').roundTrip(
      { host: NODE, port: 8080, scheme: 'http' },
      { method: 'GET', path: '/', headers: [['Host', NODE]] },
    );
    expect(answer.kind === 'response' && (await buffer(answer.body)).toString()).toBe('genuine');
    await ssh.close();
    expect(attack.loot).toMatchObject({ tunnelTargets: [`${NODE}:8080`], requests: [], handshakes: [] });
    expect(await taken(attack)).toContain('forged-1');
  });

  test('is refused inside of the tunnel by who verifies the kubelet', async () => {
    const attack = await segment.attack(plan);
    expect(await taken(attack, 'verify')).toMatch(/^tls: failed to verify certificate: x509: /);
    expect(attack.loot.handshakes).toMatchObject([{ completed: false, alert: 'bad_certificate' }]);
    expect(attack.loot.requests).toEqual([]);
    expect(attack.loot.tunnelTargets).toEqual([`${NODE}:10250`]);
  });

  test('gets nothing from who does not believe its host key', async () => {
    const attack = await segment.attack(plan);
    const refusal = await tunnel(() => ({ ok: false, error: 'knownhosts: key mismatch' }));
    expect(refusal).toMatchObject({ text: 'ssh: handshake failed: knownhosts: key mismatch' });
    await attack.withdraw();
    expect(attack.loot.hostKeys).toMatchObject([{ believed: false, user: null }]);
    expect(attack.loot.tunnelTargets).toEqual([]);
  });

  test('shows the genuine host key when it got hold of it, and is then believed by all', async () => {
    const stolen = await generateSshKey('ec-p256');
    const attack = await segment.attack({ ...plan, hostKey: stolen.privateKeyPem });
    const shown: string[] = [];
    const connection = (await segment.controlPlane.dial({ host: NODE, port: 22 })) as Connection;
    const ssh = await startSsh(connection, {
      user: 'core',
      privateKey: stolen.privateKeyPem,
      judgeHostKey: (key) => {
        shown.push(key.toString('base64'));
        return { ok: true };
      },
    });
    expect(ssh.kind).toBe('ssh-connection');
    expect(shown).toEqual([stolen.publicKey.split(' ')[1]]);
    await attack.withdraw();
  });

  test('passes on what it is asked for to the genuine endpoint, which it dials itself', async () => {
    await segment.serve(8080, { tls: false, request: (_, response) => response.end('down-1') });
    const attack = await segment.attack({ ...plan, mode: 'relay', tampered: 'tampered-1' });
    const ssh = await tunnel();
    if (ssh.kind === 'refusal') throw new Error(ssh.text);
    const answer = await through(ssh, 'verify-nobody').roundTrip(
      { host: NODE, port: 8080, scheme: 'http' },
      {
        method: 'POST',
        path: '/canary',
        headers: [
          ['Host', NODE],
          ['Content-Length', '4'],
        ],
        body: Buffer.from('up-1'),
      },
    );
    if (answer.kind === 'refusal') throw new Error(answer.text);
    expect((await buffer(answer.body)).toString()).toContain('down-1');
    await ssh.close();
    await attack.withdraw();
    expect(attack.loot.up().toString()).toContain('up-1');
    expect(attack.loot.down().toString()).toContain('down-1');
  });

  test('sees nothing but ciphertext when it only looks on', async () => {
    const attack = await segment.attack({ ...plan, mode: 'tap' });
    await segment.node.listen({ address: NODE, port: 22 }, ({ socket }) => {
      socket.write('SSH-2.0-test\r\n');
      socket.on('data', () => undefined);
    });
    const { socket } = (await segment.controlPlane.dial({ host: NODE, port: 22 })) as Connection;
    socket.write('SSH-2.0-client\r\n');
    await segment.happened('attacker', 'bytes-captured');
    socket.destroy();
    await attack.withdraw();
    expect(attack.loot.up().length + attack.loot.down().length).toBe(0);
    expect(attack.loot.wireUp().length + attack.loot.wireDown().length).toBeGreaterThan(0);
  });
});
