import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MidplaneError } from '../error';
import { type EvidencePlace, evidencePlace } from './evidence';
import { recordingFile } from './recording-file';
import type { RunArguments } from './run';
import type { Terminal } from './terminal';

export interface Places {
  readonly evidence: EvidencePlace | null;
  readonly record: string | null;
}

/**
 * Where several scenarios keep their evidence and their recordings: each by its name in the folder that is given. Throws
 * MidplaneError USAGE for what can hold one of them only.
 */
export async function placesIn(
  { evidence, record }: Pick<RunArguments, 'evidence' | 'record'>,
  ids: readonly string[],
  terminal: Terminal,
): Promise<(id: string) => Places> {
  const folder = evidence === undefined ? null : await evidenceFolder(evidence, terminal);
  if (record !== undefined) {
    await refuseFile(record);
    for (const id of ids) await recordingFile(recordingIn(record, id));
  }
  return (id) => ({
    evidence: folder === null ? null : { kind: 'folder', path: join(folder, id) },
    record: record === undefined ? null : recordingIn(record, id),
  });
}

async function evidenceFolder(given: string, terminal: Terminal): Promise<string> {
  const { kind, path } = await evidencePlace(given, terminal);
  if (kind === 'folder') return path;
  throw new MidplaneError('USAGE', `"${path}" would hold the evidence of several scenarios`, {
    hint: `name a folder: each gets one of its own in it, for example --evidence ${path.slice(0, -'.zip'.length)}`,
  });
}

async function refuseFile(given: string): Promise<void> {
  const found = await stat(given).catch(() => null);
  if (given !== '' && !given.toLowerCase().endsWith('.ndjson') && found?.isFile() !== true) return;
  throw new MidplaneError('USAGE', `"${given}" would hold the recordings of several scenarios`, {
    hint: 'name a folder: each gets a file NAME.ndjson in it',
  });
}

function recordingIn(folder: string, id: string): string {
  return join(folder, `${id}.ndjson`);
}
