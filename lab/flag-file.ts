/** The files that components read their flags from. Pure. */

export function formatFlags(flags: readonly string[]): string {
  return `${flags.join('\n')}\n`;
}

/** One flag a line; empty lines and lines that begin with # mean nothing. */
export function parseFlags(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** What differs between two lists of flags, as people write it: `-` for what goes, `+` for what comes. */
export function describeChange(before: readonly string[], after: readonly string[]): string[] {
  return [
    ...before.filter((flag) => !after.includes(flag)).map((flag) => `- ${flag}`),
    ...after.filter((flag) => !before.includes(flag)).map((flag) => `+ ${flag}`),
  ];
}
