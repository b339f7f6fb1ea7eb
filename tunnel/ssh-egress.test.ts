import { beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { utils } from 'ssh2';
import { MidplaneError } from '../error';
import { Fabric } from '../network/fabric';
import { generateSshKey, publicKeyOf, type SshKey } from '../pki/ssh-key';
import { openSshEgress, type SshEgressFlags, syncProblem } from './ssh-egress';
import { type KeyFiles, sshPrivateKey } from './ssh-key-files';
import type { SshTunneler } from './ssh-tunneler';
import { startSshd } from './sshd';

let hostKey: SshKey;
let userKey: SshKey;

beforeAll(async () => {
  [hostKey, userKey] = await Promise.all([generateSshKey('ec-p256'), generateSshKey('ec-p256')]);
});

/** A file system in a map. */
function filesOf(content: Record<string, string>): KeyFiles & { readonly content: Map<string, string> } {
  const files = new Map(Object.entries(content));
  return {
    content: files,
    exists: async (path) => files.has(path),
    read: async (path) => {
      const text = files.get(path);
      if (text === undefined)
        throw new MidplaneError('FILE_UNREADABLE', `open ${path}: no such file or directory`);
      return text;
    },
    write: async (path, text) => void files.set(path, text),
  };
}

const flags: SshEgressFlags = {
  sshUser: 'core',
  sshKeyfile: 'id',
  midplaneSshKnownHosts: '',
  kubeletPort: 10250,
};

async function stage(some: Partial<SshEgressFlags> = {}, knownHosts = '') {
  const fabric = new Fabric();
  const host = fabric.addHost({ name: 'control-plane', addresses: ['10.0.0.10/24'] });
  const node = fabric.addHost({ name: 'node-1', addresses: ['10.0.0.11/24'] });
  await startSshd({
    host: node,
    at: { address: '10.0.0.11', port: 22 },
    hostKey: hostKey.privateKeyPem,
    user: 'u'.repeat(32),
    authorizedKeys: [userKey.publicKey.split(' ')[1] ?? ''],
    log: pino({ level: 'silent' }),
  });
  const logged: string[] = [];
  const log = pino({ level: 'info' }, { write: (line) => void logged.push(JSON.parse(line).msg) });
  const tunnelers: SshTunneler[] = [];
  const nodes = () => [{ status: { addresses: [{ type: 'InternalIP', address: '10.0.0.11' }] } }];
  const files = filesOf({
    id: userKey.privateKeyPem,
    'id.pub': `${userKey.publicKey}\n`,
    known_hosts: knownHosts,
  });
  const egress = await openSshEgress(
    { ...flags, ...some },
    { host, nodes, log },
    {
      files,
      onTunneler: (tunneler) => tunnelers.push(tunneler),
    },
  ).catch(async (error: unknown) => {
    await fabric.close();
    throw error;
  });
  return {
    egress,
    logged,
    tunneler: tunnelers[0] as SshTunneler,
    [Symbol.asyncDispose]: async () => {
      await egress.close();
      await fabric.close();
    },
  };
}

describe('the egress by SSH', () => {
  test('cuts a user at 32 characters, with a warning', async () => {
    await using lab = await stage({ sshUser: 'u'.repeat(40) });
    expect(lab.tunneler.addresses).toEqual(['10.0.0.11']);
    expect(lab.logged).toContain('SSH User is too long, truncating to 32 chars');
  });

  test('has metrics and a health check by upstream’s names', async () => {
    await using lab = await stage({ sshUser: 'u'.repeat(32) });
    const { metrics, healthChecks } = lab.egress;
    expect(metrics.map(({ type, name, read }) => [type, name, read()])).toEqual([
      ['counter', 'ssh_tunnel_open_count', 1],
      ['counter', 'ssh_tunnel_open_fail_count', 0],
      ['gauge', 'apiserver_proxy_tunnel_sync_duration_seconds', 0],
    ]);
    expect(healthChecks.map(({ name, check }) => [name, check()])).toEqual([['SSH Tunnel Check', null]]);
    expect([syncProblem(600), syncProblem(601)]).toEqual([null, 'Tunnel sync is taking too long: 601']);
  });

  test.each([
    ['is not refused to who is in it', () => `10.0.0.11 ${hostKey.publicKey}`, ['10.0.0.11']],
    ['is refused to who is not', () => `10.0.0.11 ${userKey.publicKey}`, []],
    ['is refused to all when it is empty', () => '', []],
  ])('with known hosts %s', async (_, known, open) => {
    const some = { sshUser: 'u'.repeat(32), midplaneSshKnownHosts: 'known_hosts' };
    await using lab = await stage(some, known());
    expect(lab.tunneler.addresses).toEqual(open);
  });

  test('is not begun with known hosts that cannot be read', async () => {
    await expect(stage({ midplaneSshKnownHosts: 'known_hosts' }, 'node-1')).rejects.toThrow(
      'known_hosts: line 1: want a host, a key type and a key',
    );
    await expect(stage({ midplaneSshKnownHosts: 'elsewhere' })).rejects.toThrow(
      'open elsewhere: no such file',
    );
  });
});

describe('the key of the apiserver', () => {
  test('is made when its public half is not there, in place of what is half done', async () => {
    const files = filesOf({ id: 'half of an earlier attempt' });
    const { privateKey, made } = await sshPrivateKey('id', files);
    expect(made).toBe(true);
    expect(files.content.get('id')).toBe(privateKey);
    expect(files.content.get('id.pub')).toBe(`${publicKeyOf(privateKey)}\n`);
    const parsed = utils.parseKey(privateKey);
    expect(parsed instanceof Error ? parsed.message : parsed.type).toBe('ssh-rsa');
    expect(await sshPrivateKey('id', files)).toEqual({ privateKey, made: false });
  });

  test('is refused when it is none', async () => {
    const files = filesOf({ id: 'ssh-rsa AAAA', 'id.pub': 'ssh-rsa AAAA' });
    await expect(sshPrivateKey('id', files)).rejects.toMatchObject({
      code: 'PEM_INVALID',
      message: 'id has no private key in it',
      hint: expect.stringContaining('--ssh-keyfile'),
    });
  });
});
