import { dirname, isAbsolute, join } from 'node:path';
import { type ClientConfig, parseKubeconfig } from '../client/kubeconfig';
import { readNamedFile } from './read-named-file';

/** What a component's --kubeconfig says; files that it names are looked for beside it. Throws MidplaneError CONFIG_INVALID. */
export async function apiserverAccess(kubeconfig: string): Promise<ClientConfig> {
  return parseKubeconfig(await readNamedFile(kubeconfig), kubeconfig, (path) =>
    readNamedFile(isAbsolute(path) ? path : join(dirname(kubeconfig), path)),
  );
}
