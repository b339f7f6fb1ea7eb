import type { Change, Compared, Comparison } from './compare-runs';
import { type Look, type Style, styleOf } from './style';
import { counted, printable } from './text';

/** Of one side of one place; all are in the document. */
const MOST_LINES = 20;

/** What changed, as diff(1) would say it. `width`: no line is longer. */
export function renderComparison(comparison: Comparison, options: Look & { readonly width: number }): string {
  const { a, b, sameSeed, changes } = comparison;
  const style = styleOf(options);
  const seeds = sameSeed ? [] : ['without one seed: keys, ids and random words are not compared'];
  if (changes.length === 0) return [`no differences`, ...seeds].map((line) => `${line}\n`).join('');
  const lines = [
    style.bold(`--- ${described(a)}`),
    style.bold(`+++ ${described(b)}`),
    ...changes.flatMap((change) => ['', ...changeLines(change, style, options.width)]),
    '',
    ...seeds,
    summary(changes),
  ];
  return lines.map((line) => `${style.words(line)}\n`).join('');
}

function described({ file, twin, seed }: Compared): string {
  return printable(
    [file, ...(twin === undefined ? [] : [twin]), ...(seed === null ? [] : [`seed ${seed}`])].join(', '),
  );
}

function changeLines({ twin, kind, name, in: where, hunks }: Change, style: Style, width: number): string[] {
  const title = printable([twin, kind, name].filter((word) => word !== null && word !== '').join(' '));
  const only = where === 'both' ? '' : ` (only in ${where === 'a' ? '---' : '+++'})`;
  return [
    style.bold(title) + only,
    ...hunks.flatMap(({ minus, plus }) => {
      // Of two lines that are long and alike, what is alike is left out.
      const common =
        minus.length === plus.length ? minus.map((line, at) => commonStart(line, plus[at] ?? '')) : [];
      return [
        ...signed('-', minus, common, width).map(style.red),
        ...signed('+', plus, common, width).map(style.green),
      ];
    }),
  ];
}

function signed(sign: string, lines: readonly string[], common: readonly number[], width: number): string[] {
  const shown = lines
    .slice(0, MOST_LINES)
    .map((line, at) => `${sign} ${cut(line, common[at] ?? 0, width - 2)}`);
  const more = lines.length - shown.length;
  return more === 0 ? shown : [...shown, `${sign} (${counted(more, 'more line')}; -o json has all)`];
}

/** Around the place where the other line begins to differ. */
function cut(line: string, from: number, width: number): string {
  const text = [...printable(line)];
  if (text.length <= width) return text.join('');
  const start = from < width / 2 ? 0 : Math.min(from - Math.floor(width / 4), text.length - width + 1);
  const room = width - (start > 0 ? 1 : 0);
  const isCut = start + room < text.length;
  const kept = text.slice(start, start + room - (isCut ? 1 : 0)).join('');
  return `${start > 0 ? '…' : ''}${kept}${isCut ? '…' : ''}`;
}

function commonStart(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
}

/** `differ: run, outcome, 2 connections` */
function summary(changes: readonly Change[]): string {
  const counts = new Map<string, number>();
  for (const { kind } of changes) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const [minus, plus] = (['minus', 'plus'] as const).map((side) =>
    changes.reduce((sum, { hunks }) => sum + hunks.reduce((all, hunk) => all + hunk[side].length, 0), 0),
  );
  const what = [...counts].map(([kind, count]) => (NAMED.has(kind) ? counted(count, kind) : kind));
  return `${counted(minus ?? 0, 'line')} less, ${plus} more: ${what.join(', ')}`;
}

/** There may be several of a run. */
const NAMED: ReadonlySet<string> = new Set(['cell', 'machine', 'connection']);
