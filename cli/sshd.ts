import { hostNetwork } from '../network/host-network';
import { joinHostPort } from '../network/network';
import { parseAuthorizedKeys } from '../tunnel/authorized-keys';
import { sshPrivateKey } from '../tunnel/ssh-key-files';
import { startSshd } from '../tunnel/sshd';
import { parseSshdFlags } from '../tunnel/sshd-flags';
import { componentLog } from './component-log';
import { keyFiles } from './key-files';
import { readNamedFile } from './read-named-file';
import type { Terminal } from './terminal';

/** `midplane sshd`. Throws MidplaneError for flags, files and ports. */
export async function runSshd(
  argv: readonly string[],
  terminal: Terminal,
): Promise<{ close(): Promise<void> }> {
  const { at, user, hostKeyFile, authorizedKeysFile } = parseSshdFlags(argv);
  const log = componentLog(terminal).child({ component: 'sshd' });
  const authorizedKeys = parseAuthorizedKeys(await readNamedFile(authorizedKeysFile), authorizedKeysFile);
  const { privateKey, made } = await sshPrivateKey(hostKeyFile, keyFiles, {
    flag: '--host-key-file',
    algorithm: 'ec-p256',
  });
  if (made) log.info(`made a host key: ${hostKeyFile}.pub is what known hosts are to have`);
  const sshd = await startSshd({ host: hostNetwork(), at, hostKey: privateKey, user, authorizedKeys, log });
  log.info({ at: joinHostPort(sshd.at.address, sshd.at.port), user }, 'serving');
  return sshd;
}
