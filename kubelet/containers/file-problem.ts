/** What open(2) and its friends would say, in strerror's words. */
export interface FileProblem {
  readonly kind: 'file-problem';
  readonly text:
    | 'Directory not empty'
    | 'File exists'
    | 'File name too long'
    | 'Invalid argument'
    | 'Invalid cross-device link'
    | 'Is a directory'
    | 'No space left on device'
    | 'No such file or directory'
    | 'Not a directory'
    | 'Operation not permitted'
    | 'Permission denied'
    | 'Read-only file system'
    | 'Device or resource busy'
    | 'Too many levels of symbolic links';
}

export function fileProblem(text: FileProblem['text']): FileProblem {
  return { kind: 'file-problem', text };
}

export function isFileProblem(value: unknown): value is FileProblem {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'file-problem';
}
