import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { hostNetwork } from '../../network/host-network';
import type { Listener } from '../../network/network';
import { generateSshKey, type SshKey } from '../../pki/ssh-key';
import { parseAuthorizedKeys } from '../../tunnel/authorized-keys';
import { type Sshd, startSshd } from '../../tunnel/sshd';

const version = sshVersion();

function sshVersion(): string | null {
  try {
    execFileSync('ssh', ['-V'], { stdio: 'pipe' });
    return 'ssh';
  } catch {
    process.stderr.write('SKIPPED: there is no OpenSSH client on this machine\n');
    return null;
  }
}

/** What `ssh -W` is: one direct-tcpip channel on its standard streams. */
(version === null ? describe.skip : describe)('OpenSSH against the node’s sshd', () => {
  let folder: string;
  let hostKey: SshKey;
  let sshd: Sshd;
  let target: Listener;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'midplane-ssh-'));
    const [host, user] = await Promise.all([generateSshKey('ec-p256'), generateSshKey('rsa-2048')]);
    hostKey = host;
    await writeFile(join(folder, 'id'), user.privateKeyPem, { mode: 0o600 });
    const network = hostNetwork();
    sshd = await startSshd({
      host: network,
      at: { address: '127.0.0.1', port: 0 },
      hostKey: host.privateKeyPem,
      user: 'core',
      authorizedKeys: parseAuthorizedKeys(user.publicKey, 'id.pub'),
      log: pino({ level: 'silent' }),
    });
    target = await network.listen({ address: '127.0.0.1', port: 0 }, ({ socket }) => {
      socket.on('data', (bytes: Buffer) => socket.end(`heard ${bytes}`));
      socket.on('error', () => undefined);
    });
  });

  afterAll(async () => {
    await target.close();
    await sshd.close();
    await rm(folder, { recursive: true });
  });

  function ssh(user: string, known: string, ...words: string[]): ChildProcess {
    const options = [
      'BatchMode=yes',
      'StrictHostKeyChecking=yes',
      `UserKnownHostsFile=${join(folder, known)}`,
      'GlobalKnownHostsFile=/dev/null',
      'IdentitiesOnly=yes',
      `IdentityFile=${join(folder, 'id')}`,
      'LogLevel=ERROR',
    ];
    const all = ['-F', '/dev/null', ...options.flatMap((it) => ['-o', it]), '-p', String(sshd.at.port)];
    return spawn('ssh', [...all, ...words, `${user}@127.0.0.1`]);
  }

  async function outcomeOf(
    client: ChildProcess,
    input = '',
  ): Promise<{ out: string; err: string; code: number }> {
    let [out, err] = ['', ''];
    client.stdout?.on('data', (bytes: Buffer) => {
      out += bytes;
    });
    client.stderr?.on('data', (bytes: Buffer) => {
      err += bytes;
    });
    client.stdin?.on('error', () => undefined);
    client.stdin?.write(input);
    const [code] = (await once(client, 'close')) as [number];
    return { out, err, code };
  }

  async function knownHosts(name: string, key: string): Promise<string> {
    await writeFile(join(folder, name), `[127.0.0.1]:${sshd.at.port} ${key}\n`);
    return name;
  }

  test('has its connections carried', async () => {
    const known = await knownHosts('known', hostKey.publicKey);
    const client = ssh('core', known, '-W', `127.0.0.1:${target.at.port}`);
    expect(await outcomeOf(client, 'a question')).toMatchObject({ out: 'heard a question' });
  });

  test('is refused a shell, and another user', async () => {
    const known = await knownHosts('known', hostKey.publicKey);
    expect(await outcomeOf(ssh('core', known))).toMatchObject({ out: '', code: 255 });
    expect((await outcomeOf(ssh('root', known))).err).toContain('Permission denied (publickey)');
  });

  test('does not believe another host key', async () => {
    const known = await knownHosts('other', (await generateSshKey('ec-p256')).publicKey);
    expect((await outcomeOf(ssh('core', known))).err).toContain('Host key verification failed');
  });
});
