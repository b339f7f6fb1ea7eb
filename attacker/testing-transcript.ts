import type { Play, PlayAction, PlayEvent } from './play';

/** For tests only: what the attacker saw and what it did, line by line, as a script that a play has to follow to its end. */
export type Line = readonly ['saw', PlayEvent] | readonly ['does', PlayAction];

/**
 * Shows the play every event of the script, in order. Throws unless it does exactly what the script says, neither less
 * nor more; the error shows both transcripts side by side.
 */
export function rehearse(play: Play, script: readonly Line[]): void {
  const acted: Line[] = [];
  for (const line of script) {
    if (line[0] === 'does') continue;
    acted.push(line);
    for (const action of play.see(line[1])) acted.push(['does', action]);
  }
  const sameLines = acted.length === script.length && acted.every((line, row) => isSame(line, script[row]));
  if (!sameLines) throw new Error(`the play left its script\n${sideBySide(script, acted)}`);
}

function sideBySide(script: readonly Line[], acted: readonly Line[]): string {
  const rows = Array.from({ length: Math.max(script.length, acted.length) }, (_, row) => {
    const [left, right] = [script[row], acted[row]];
    return { same: isSame(left, right), left: formatLine(left), right: formatLine(right) };
  });
  const width = Math.max('script'.length, ...rows.map(({ left }) => left.length));
  const head = `  ${'script'.padEnd(width)} | play`;
  return [
    head,
    ...rows.map(({ same, left, right }) => `${same ? ' ' : '>'} ${left.padEnd(width)} | ${right}`),
  ].join('\n');
}

/** By what they say: under Jest, equal arrays of different realms are not deeply equal. */
function isSame(left: Line | undefined, right: Line | undefined): boolean {
  return formatLine(left) === formatLine(right);
}

function formatLine(line: Line | undefined): string {
  if (line === undefined) return '';
  const { kind, ...rest } = line[1];
  const text = JSON.stringify(rest, (_key, value: unknown) =>
    isBufferJson(value) ? Buffer.from(value.data).toString() : value,
  );
  return `${line[0]} ${kind} ${text}`;
}

function isBufferJson(value: unknown): value is { data: number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
}
