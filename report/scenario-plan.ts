import type { Twin } from './scenario-outcome';
import { type Look, styleOf } from './style';
import { hanging } from './text';

interface Plan {
  readonly twin: Twin;
  readonly setting: string;
  readonly starts: readonly string[];
  readonly writes?: readonly string[];
  readonly does: readonly string[];
  readonly expects: readonly string[];
}

/** What `--dry-run` prints: what would be started and done. */
export function renderPlan(
  name: string,
  title: string,
  plans: readonly Plan[],
  options: Look & { readonly width: number },
): string {
  const style = styleOf(options);
  const width = Math.max(60, options.width);
  const list = (head: string, lines: readonly string[]): string[] => [
    `   ${head}`,
    ...lines.flatMap((line) => hanging('     ', style.words(line), width)),
  ];
  const lines = plans.flatMap(({ twin, setting, starts, writes, does, expects }) => [
    '',
    ...hanging(` ${style.bold(twin)}  `, style.words(setting), width),
    ...(writes === undefined ? list('would be started', starts) : list('would be written', writes)),
    ...list('would be done', does),
    ...list('is expected', expects),
  ]);
  const head = ` ${style.bold(name)}  ${style.words(title)}`;
  return `${[head, ...lines].map((line) => line.trimEnd()).join('\n')}\n`;
}
