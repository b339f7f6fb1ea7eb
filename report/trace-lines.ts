import type { Trace } from './outcome';
import type { Style } from './style';
import { hanging, oneLine, padEnd } from './text';

/** Where something was to be seen and what it was, and below it the command that shows it. */
export function traceLines(traces: readonly Trace[], style: Style, width: number): string[] {
  if (traces.length === 0) return hanging('   ', 'nothing that this lab can show', width);
  const label = Math.min(24, Math.max(...traces.map(({ where }) => where.length)));
  let shown = '';
  return traces.flatMap(({ where, text, look, lasts }) => {
    const first = `   ${style.cyan(padEnd(where, label))}  `;
    const gone = lasts ? '' : ' (while it lasted)';
    const lines = hanging(first, style.words(`${oneLine(text)}${gone}`), width);
    if (look === shown) return lines;
    shown = look;
    return [
      ...lines,
      ...hanging(`   ${padEnd('', label)}  ${style.dim('$')} `, style.words(look), width).map(style.dim),
    ];
  });
}
