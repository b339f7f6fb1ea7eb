/** `drwxr-xr-x`: what a file is and who may do what with it, as `ls -l` writes it. */
export function modeString(kind: 'file' | 'directory' | 'symlink' | 'device', mode: number): string {
  const type = { file: '-', directory: 'd', symlink: 'l', device: 'c' }[kind];
  const triple = (bits: number, special: boolean, letter: string): string => {
    const execute = special
      ? (bits & 1) !== 0
        ? letter
        : letter.toUpperCase()
      : (bits & 1) !== 0
        ? 'x'
        : '-';
    return `${(bits & 4) !== 0 ? 'r' : '-'}${(bits & 2) !== 0 ? 'w' : '-'}${execute}`;
  };
  return [
    type,
    triple(mode >> 6, (mode & 0o4000) !== 0, 's'),
    triple(mode >> 3, (mode & 0o2000) !== 0, 's'),
    triple(mode, (mode & 0o1000) !== 0, 't'),
  ].join('');
}
