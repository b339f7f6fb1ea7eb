import { readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MidplaneError } from '../error';
import { makeFolder } from '../make-folder';
import type { EvidenceFile } from '../report/evidence-files';
import { zip } from '../wire/zip';
import type { Terminal } from './terminal';

/** Where `--evidence` puts its files: a folder, or an archive when the name ends in `.zip`. */
export interface EvidencePlace {
  readonly kind: 'folder' | 'zip';
  readonly path: string;
}

/**
 * Asked before anything is run. Throws MidplaneError USAGE for what cannot be written to, and for a folder that has
 * files: an older run's captures would be taken for this one's.
 */
export async function evidencePlace(given: string, terminal: Terminal): Promise<EvidencePlace> {
  if (given === '')
    throw refused('--evidence names no folder', 'write --evidence DIR or --evidence FILE.zip');
  if ((terminal.labDescriptor ?? null) !== null) {
    throw refused(
      '--evidence is not to be had of the lab in containers',
      'its packets are not on this process’s network: run it without MIDPLANE_LAB',
    );
  }
  const isZip = given.toLowerCase().endsWith('.zip');
  const found = await stat(given).catch(() => null);
  if (isZip && found?.isDirectory() === true) throw refused(`"${given}" is a folder`, 'name a file');
  if (!isZip && found !== null) {
    if (!found.isDirectory())
      throw refused(`"${given}" is no folder`, 'name a folder, or a file that ends in .zip');
    const [first] = await readdir(given);
    if (first !== undefined) {
      throw refused(
        `folder "${given}" is not empty: it has "${first}"`,
        'name a folder that is empty or new',
      );
    }
  }
  return { kind: isZip ? 'zip' : 'folder', path: given };
}

export async function writeEvidence(
  { kind, path }: EvidencePlace,
  files: readonly EvidenceFile[],
  terminal: Terminal,
): Promise<void> {
  const written = kind === 'zip' ? [{ name: '', content: zip(files) }] : files;
  try {
    for (const { name, content } of written) {
      const file = join(path, name);
      await makeFolder(dirname(file));
      await writeFile(file, content);
    }
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new MidplaneError('FILE_UNREADABLE', `cannot write evidence to "${path}": ${message}`, {
      hint: 'choose a path that you may write to',
      cause,
    });
  }
  const bytes = written.reduce((sum, { content }) => sum + content.length, 0);
  terminal.warn(`wrote evidence to ${path}: ${files.length} files, ${Math.ceil(bytes / 1024)} KiB\n`);
}

function refused(message: string, hint: string): MidplaneError {
  return new MidplaneError('USAGE', message, { hint });
}
