import { MidplaneError } from '../error';

/** What is wrong with a data directory, in the words of its user. */
export function damaged(directory: string, why: string): MidplaneError {
  return new MidplaneError('DATA_DIR_UNUSABLE', `--data-dir "${directory}" is damaged: ${why}`, {
    hint: 'put a copy of the directory back, or start with an empty one',
  });
}

export function unusable(directory: string, what: string, cause: unknown): MidplaneError {
  const inner = ((cause as { cause?: unknown } | null)?.cause ?? cause) as {
    code?: string;
    message?: string;
  };
  const { code = '', message = String(inner) } = inner;
  const { why, hint } = explain(code, message);
  return new MidplaneError('DATA_DIR_UNUSABLE', `--data-dir "${directory}" ${what}: ${why}`, { cause, hint });
}

/** LevelDB passes on what the system said as text, and nothing else. */
function explain(code: string, message: string): { readonly why: string; readonly hint: string } {
  if (code === 'LEVEL_LOCKED')
    return { why: 'another process uses it', hint: 'stop the other apiserver, or give each one its own' };
  if (code === 'LEVEL_CORRUPTION' || /corruption|bad record|checksum/i.test(message))
    return {
      why: `it is damaged (${message})`,
      hint: 'put a copy of the directory back, or start with an empty one',
    };
  if (/no space left|ENOSPC|quota/i.test(`${code} ${message}`))
    return {
      why: 'the disk is full',
      hint: 'make room and start again: nothing that was acknowledged is lost',
    };
  if (/EACCES|EPERM|EROFS|permission denied|read-only/i.test(`${code} ${message}`))
    return { why: 'permission denied', hint: 'the apiserver must own the directory, or be able to make it' };
  if (/ENOENT|no such file/i.test(`${code} ${message}`))
    return { why: 'its parent directory does not exist', hint: 'make the parent directory first' };
  if (/ENOTDIR|EEXIST|not a directory/i.test(`${code} ${message}`))
    return {
      why: 'it is not a directory',
      hint: 'give --data-dir a directory; it is made when it does not exist',
    };
  return { why: message, hint: 'check that the directory is on a local disk and can be written' };
}
