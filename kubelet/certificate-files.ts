import { createPrivateKey, X509Certificate } from 'node:crypto';
import { lstat, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MidplaneError } from '../error';
import { makeFolder } from '../make-folder';
import { type KeyPair, pemBlocks, pemText } from '../wire/pem';
import type { CertificateStore } from './certificate-store';

/**
 * Certificates in a folder: each in a file of its own, and a link to the one that counts.
 * Source: k8s.io/client-go util/certificate/certificate_store.go.
 *
 * @param fallback a certificate and a key file that count while there is no such link
 */
export class CertificateFiles implements CertificateStore {
  readonly #folder: string;
  readonly #prefix: string;
  readonly #fallback: { readonly certFile: string; readonly keyFile: string } | null;

  constructor(
    folder: string,
    prefix: 'kubelet-client' | 'kubelet-server',
    fallback: { readonly certFile: string; readonly keyFile: string } | null = null,
  ) {
    this.#folder = resolve(folder);
    this.#prefix = prefix;
    this.#fallback = fallback;
  }

  get currentPath(): string {
    return this.#path('current');
  }

  async current(): Promise<KeyPair | null> {
    await this.#recover();
    const own = await readable(this.currentPath);
    if (own !== null) return pairOf(own, own, this.currentPath);
    const { certFile, keyFile } = this.#fallback ?? {
      certFile: join(this.#folder, `${this.#prefix}.crt`),
      keyFile: join(this.#folder, `${this.#prefix}.key`),
    };
    const [certPem, keyPem] = [await readable(certFile), await readable(keyFile)];
    return certPem === null || keyPem === null ? null : pairOf(certPem, keyPem, certFile);
  }

  /** The old file stays; only the link is another. */
  async update({ certPem, keyPem }: KeyPair, now: Date): Promise<void> {
    await makeFolder(this.#folder, 0o755);
    const stamp = now.toISOString().slice(0, 19).replace(/[T:]/g, '-');
    const file = this.#path(stamp);
    const blocks = [
      ...pemBlocks(certPem).filter(({ label }) => label === 'CERTIFICATE'),
      ...pemBlocks(keyPem).slice(0, 1),
    ];
    const text = blocks.map(({ label, der }) => pemText(label, der)).join('');
    pairOf(text, text, file);
    await writeFile(file, text, { mode: 0o600 });
    await this.#link(file);
  }

  async #link(file: string): Promise<void> {
    const updated = this.#path('updated');
    for (const link of [this.currentPath, updated]) await expectLink(link);
    await rm(updated, { force: true });
    await symlink(file, updated);
    await rename(updated, this.currentPath);
  }

  /** Somebody may have been stopped between making the new link and putting it in place. */
  async #recover(): Promise<void> {
    const updated = this.#path('updated');
    if (await exists(this.currentPath)) return;
    if (await expectLink(updated)) await rename(updated, this.currentPath);
  }

  #path(qualifier: string): string {
    return join(this.#folder, `${this.#prefix}-${qualifier}.pem`);
  }
}

/** Whether it is there; what is there must be a link. */
async function expectLink(path: string): Promise<boolean> {
  const found = await lstat(path).catch(unlessMissing);
  if (found !== null && !found.isSymbolicLink()) {
    const text = `expected ${JSON.stringify(path)} to be a symlink but it is a file`;
    throw new MidplaneError('FILE_UNREADABLE', text, { hint: 'move it away, and the link is made' });
  }
  return found !== null;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error) => unlessMissing(error) !== null,
  );
}

export async function readable(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(unlessMissing);
}

function unlessMissing(error: NodeJS.ErrnoException): null {
  if (error.code !== 'ENOENT') throw error;
  return null;
}

/** What the file system says, as a mistake of whoever named the folder; anything else stays what it is. */
export function fileFault(error: NodeJS.ErrnoException): never {
  if (error.syscall === undefined) throw error;
  const hint = 'name a folder with --cert-dir, and a --kubeconfig, that this user may read and write';
  throw new MidplaneError('FILE_UNREADABLE', error.message, { hint, cause: error });
}

/** Throws when they are no certificate and its key. */
function pairOf(certPem: string, keyPem: string, file: string): KeyPair {
  const certificates = pemBlocks(certPem).filter(({ label }) => label === 'CERTIFICATE');
  const key = pemBlocks(keyPem).find(({ label }) => label.endsWith('PRIVATE KEY'));
  const wrong = (why: string): MidplaneError =>
    new MidplaneError(
      'PEM_INVALID',
      `could not convert data from ${JSON.stringify(file)} into cert/key pair: ${why}`,
      { hint: 'move it away, and start with a --bootstrap-kubeconfig to be given another' },
    );
  const [leaf] = certificates;
  if (leaf === undefined) throw wrong('tls: failed to find any PEM data in certificate input');
  if (key === undefined) throw wrong('tls: failed to find any PEM data in key input');
  const own = pemText(key.label, key.der);
  let matches: boolean;
  try {
    matches = new X509Certificate(leaf.der).checkPrivateKey(createPrivateKey(own));
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
  if (!matches) throw wrong('tls: private key does not match public key');
  return { certPem: certificates.map(({ label, der }) => pemText(label, der)).join(''), keyPem: own };
}
