import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { Client } from 'ssh2';
import { Fabric } from '../network/fabric';
import type { Connection } from '../network/network';
import { generateSshKey } from '../pki/ssh-key';
import { parseAuthorizedKeys } from './authorized-keys';
import { startSshd } from './sshd';

describe('the node’s sshd', () => {
  test('has nothing but connections for who comes in', async () => {
    await using fabric = new Fabric();
    const node = fabric.addHost({ name: 'node-1', addresses: ['10.0.0.11/24'] });
    const someone = fabric.addHost({ name: 'someone', addresses: ['10.0.0.10/24'] });
    const key = await generateSshKey('ec-p256');
    await using sshd = await startSshd({
      host: node,
      at: { address: '10.0.0.11', port: 22 },
      hostKey: (await generateSshKey('ec-p256')).privateKeyPem,
      user: 'core',
      authorizedKeys: parseAuthorizedKeys(key.publicKey, 'authorized_keys'),
      log: pino({ level: 'silent' }),
    });
    const { socket } = (await someone.dial({ host: sshd.at.address, port: 22 })) as Connection;
    const client = new Client();
    const ready = once(client, 'ready');
    client.connect({ sock: socket, username: 'core', privateKey: key.privateKeyPem });
    await ready;
    const outcome = (ask: (done: (error: Error | undefined) => void) => void) =>
      new Promise<string>((resolve) => ask((error) => resolve(error?.message ?? 'granted')));
    expect(await outcome((done) => client.exec('id', done))).toMatch(/Channel open failure/);
    expect(await outcome((done) => client.shell(done))).toMatch(/Channel open failure/);
    expect(await outcome((done) => client.sftp(done))).toMatch(/Channel open failure/);
    expect(await outcome((done) => client.forwardIn('10.0.0.11', 8000, done))).toMatch(/Unable to bind/);
    client.end();
  });
});

describe('authorized keys', () => {
  test('are read with comments between and behind them', async () => {
    const [one, two] = await Promise.all([generateSshKey('ec-p256'), generateSshKey('rsa-2048')]);
    const text = `# the apiserver\n${one.publicKey} kube-apiserver@control-plane\r\n\n${two.publicKey}\n`;
    const blobs = [one, two].map(({ publicKey }) => publicKey.split(' ')[1]);
    expect(parseAuthorizedKeys(text, 'authorized_keys')).toEqual(blobs);
  });

  test.each([
    ['', 'authorized_keys has no public key in it'],
    ['-----BEGIN PUBLIC KEY-----', 'authorized_keys: line 1 is no public key: "-----BEGIN PUBLIC KEY-----"'],
    ['restrict ssh-rsa AAAA', 'authorized_keys: line 1 is no public key: "restrict ssh-rsa AAAA"'],
    ['ssh-rsa !!!', 'authorized_keys: line 1 is no public key: "ssh-rsa !!!"'],
  ])('refuse %j', (text, words) => {
    expect(() => parseAuthorizedKeys(text, 'authorized_keys')).toThrow(words);
  });
});
