import { MidplaneError } from '../error';
import type { KeyAlgorithm } from '../pki/key-algorithm';
import { generateSshKey } from '../pki/ssh-key';

/** Where the apiserver's key is kept: a file system, or the lab's idea of one. */
export interface KeyFiles {
  exists(path: string): Promise<boolean>;
  /** Throws MidplaneError FILE_UNREADABLE. */
  read(path: string): Promise<string>;
  /** For nobody else to read (0600), all of it or nothing. */
  write(path: string, text: string): Promise<void>;
}

const apiserverKey = { flag: '--ssh-keyfile', algorithm: 'rsa-2048' } as const;

/**
 * The private key to log in with. Without `<keyFile>.pub` a pair is made: the public file is written last, so a key
 * without one is half of an attempt, and is replaced. (Upstream keeps the public key in PEM there, and turns it into the
 * form of ssh for the cloud provider that spreads it; here whoever runs a node takes it from this file.)
 * Source: pkg/master/tunneler/ssh.go, Run and generateSSHKey.
 */
export async function sshPrivateKey(
  keyFile: string,
  files: KeyFiles,
  { flag, algorithm }: { readonly flag: string; readonly algorithm: KeyAlgorithm } = apiserverKey,
): Promise<{ readonly privateKey: string; readonly made: boolean }> {
  const publicFile = `${keyFile}.pub`;
  if (await files.exists(publicFile)) {
    const privateKey = await files.read(keyFile);
    if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(privateKey)) return { privateKey, made: false };
    throw new MidplaneError('PEM_INVALID', `${keyFile} has no private key in it`, {
      hint: `give ${flag} a private key in PEM, or delete ${publicFile} and a pair is made`,
    });
  }
  const { privateKeyPem, publicKey } = await generateSshKey(algorithm);
  await files.write(keyFile, privateKeyPem);
  await files.write(publicFile, `${publicKey}\n`);
  return { privateKey: privateKeyPem, made: true };
}
