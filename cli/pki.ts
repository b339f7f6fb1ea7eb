import { chmod, chown, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MidplaneError } from '../error';
import { mintComposePki, pkiFolders, setMarker } from '../lab/compose-pki';
import { makeFolder } from '../make-folder';
import { exitCodes, type Terminal } from './terminal';

export interface PkiArguments {
  /** Has a folder for each reader. */
  readonly out: string;
  /** The folder that the workstation will write flag files into. */
  readonly settings?: string;
  /** Where the user's own kubectl finds its kubeconfig. */
  readonly kubeconfig?: string;
}

/** Read by the group that this process and the components run in, and by nobody else. */
const SECRET_MODE = 0o640;
const PUBLIC_MODE = 0o644;

/**
 * Mints every key of a lab into the folder of its reader; does nothing when a complete set is there. In containers it is
 * root without any capability, in the group of the components: it owns what they may read and none of them may change.
 */
export async function pki(given: PkiArguments, terminal: Terminal): Promise<number> {
  const { out, settings, kubeconfig } = given;
  if (settings !== undefined) await writing(settings, () => shareWithGroup(settings));
  if (await isComplete(out)) {
    terminal.write(`a complete set of keys is in ${out}\n`);
  } else {
    const minted = await mintComposePki();
    for (const folder of pkiFolders) {
      // The marker goes first and comes last: a set that was interrupted is not taken for one.
      await writing(join(out, folder), () => rm(join(out, folder, setMarker), { force: true }));
    }
    for (const folder of pkiFolders) {
      for (const [name, content] of Object.entries(minted.folders[folder])) {
        await replace(join(out, folder, name), content, isPublic(name) ? PUBLIC_MODE : SECRET_MODE);
      }
    }
    terminal.write(`minted the keys of a lab into ${pkiFolders.map((it) => join(out, it)).join(', ')}\n`);
  }
  if (kubeconfig !== undefined) await leaveKubeconfig(out, kubeconfig, terminal);
  return exitCodes.ok;
}

async function isComplete(out: string): Promise<boolean> {
  const sets = await Promise.all(
    pkiFolders.map((folder) => readFile(join(out, folder, setMarker), 'utf8').catch(() => null)),
  );
  return sets[0] !== null && sets.every((set) => set === sets[0]);
}

function isPublic(name: string): boolean {
  return name.endsWith('.crt') || name.endsWith('.yaml') || name === setMarker;
}

/** The components' group may write here; the owner stays. */
async function shareWithGroup(folder: string): Promise<void> {
  const group = process.getgid?.() ?? 0;
  await makeFolder(folder);
  await chown(folder, process.getuid?.() ?? 0, group);
  await chmod(folder, 0o775);
}

/**
 * The folder lies beside the compose file and the user must be able to delete what is in it, whoever made it. The lab
 * works without this file, so a folder that cannot be written to is a warning.
 */
async function leaveKubeconfig(out: string, file: string, terminal: Terminal): Promise<void> {
  try {
    await makeFolder(dirname(file));
    await replace(file, await readFile(join(out, 'workstation', 'host.conf'), 'utf8'), PUBLIC_MODE);
    await chmod(dirname(file), 0o777).catch(() => undefined);
    terminal.write(`wrote ${file}\n`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    terminal.warn(`warning: no kubeconfig for your own kubectl: ${reason}\n`);
    terminal.warn('hint: delete the folder midplane/ beside the compose file, docker makes it anew\n');
  }
}

async function replace(file: string, content: string, mode: number): Promise<void> {
  await writing(file, async () => {
    await makeFolder(dirname(file), 0o755);
    await writeFile(`${file}.new`, content, { mode });
    // The mode of an open is narrowed by the umask, and an older file keeps its own.
    await chmod(`${file}.new`, mode);
    await rename(`${file}.new`, file);
  });
}

async function writing(path: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new MidplaneError('FILE_UNREADABLE', `cannot write "${path}": ${message}`, {
      hint: 'name a folder that this user may write to',
      cause,
    });
  }
}
