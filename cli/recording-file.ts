import { open, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MidplaneError } from '../error';
import { makeFolder } from '../make-folder';
import type { RecordingHeader } from '../report/recording';
import { makeRecording, type RecordingMaterial, recordingText } from '../report/write-recording';
import type { Terminal } from './terminal';

/**
 * The file of `--record`, looked at before anything is run. Throws MidplaneError USAGE for one that exists and is no recording:
 * it may be the scenario that is to be recorded.
 */
export async function recordingFile(given: string): Promise<string> {
  if (given === '') {
    throw new MidplaneError('USAGE', '--record names no file', { hint: 'write --record FILE' });
  }
  const found = await beginningOf(given);
  if (found !== null && found !== '' && !/^\{.*"kind":"Recording"/.test(found)) {
    throw new MidplaneError('USAGE', `"${given}" exists and is no recording`, {
      hint: 'name another file; a recording that is there is written over',
    });
  }
  return given;
}

export async function writeRecording(
  path: string,
  material: Omit<RecordingMaterial, 'made'>,
  terminal: Terminal,
): Promise<void> {
  const recording = makeRecording({ ...material, made: madeNow() });
  const text = recordingText(recording);
  try {
    await makeFolder(dirname(path));
    await writeFile(path, text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new MidplaneError('FILE_UNREADABLE', `cannot write "${path}": ${message}`, {
      hint: 'choose a path that you may write to',
      cause,
    });
  }
  const events = recording.lines.filter(({ type }) => type === 'event').length;
  const kib = Math.ceil(Buffer.byteLength(text) / 1024);
  terminal.warn(`recorded ${events} events to ${path}, ${kib} KiB; midplane replay ${path} plays them\n`);
}

function madeNow(): RecordingHeader['made'] {
  return { at: new Date().toISOString(), node: process.version, platform: process.platform };
}

/** Null: there is no such file. A folder is refused. */
async function beginningOf(path: string): Promise<string | null> {
  try {
    await using file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(200), 0, 200, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    const why = code === 'EISDIR' ? 'it is a folder' : code === 'EACCES' ? 'permission denied' : code;
    throw new MidplaneError('USAGE', `cannot record to "${path}": ${why}`, { hint: 'name a file', cause });
  }
}
