import { MidplaneError } from '../error';
import { usage } from '../pflag';
import { checkBundle, checkKeyPair } from '../pki/key-pair';
import type { KeyPair } from '../wire/pem';
import { readNamedFile } from './read-named-file';

/** Null when neither is given. Throws MidplaneError for one without the other, and for what is in them. */
export async function pairOfFlags(
  cert: readonly [flag: string, file: string],
  key: readonly [flag: string, file: string],
  what: string,
): Promise<KeyPair | null> {
  const [[certFlag, certFile], [keyFlag, keyFile]] = [cert, key];
  if (certFile === '' && keyFile === '') return null;
  // Source: kubernetes-sigs/apiserver-network-proxy, cmd/server/app/options/options.go (Validate), cmd/agent likewise.
  if (certFile === '') {
    throw usage(
      `cannot have ${what} cert empty when ${what} key is set to ${JSON.stringify(keyFile)}`,
      `set --${certFlag}`,
    );
  }
  if (keyFile === '') {
    throw usage(
      `cannot have ${what} key empty when ${what} cert is set to ${JSON.stringify(certFile)}`,
      `set --${keyFlag}`,
    );
  }
  const [certPem, keyPem] = [await readNamedFile(certFile), await readNamedFile(keyFile)];
  checkKeyPair({ certPem, keyPem, certFile, keyFile, now: new Date() });
  return { certPem, keyPem };
}

/** Null when none is given. */
export async function bundleOfFlag(file: string): Promise<string | null> {
  if (file === '') return null;
  const pem = await readNamedFile(file);
  checkBundle({ pem, file });
  return pem;
}

export function portOf(flag: string, text: string): number {
  const port = Number(text);
  if (port >= 0 && port <= 65535) return port;
  throw new MidplaneError('USAGE', `--${flag} ${text} must be between 0 and 65535, inclusive`, {
    hint: '0 takes any port that is free',
  });
}
