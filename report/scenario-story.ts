import { folded, paragraphs } from './paragraphs';
import type { ScenarioReport, ScenarioRun, ScenarioStep } from './scenario-outcome';
import { type Look, type Style, styleOf } from './style';
import { hanging, padEnd, widthOf } from './text';
import { traceLines } from './trace-lines';

/** A scenario with its twins, told step by step: who did what, and what the answer was. */
export function renderScenario(
  { scenario, runs }: ScenarioReport,
  options: Look & { readonly width: number },
): string {
  const style = styleOf(options);
  const width = Math.max(60, options.width);
  const words = (text: string): string => style.words(text);
  const lines = [
    ` ${style.bold(scenario.id)}  ${words(scenario.title)}`,
    '',
    ...paragraphs(scenario.story).flatMap((each, at) => [
      ...(at === 0 ? [] : ['']),
      ...hanging(' ', words(each), width),
    ]),
    ...runs.flatMap((run) => ['', ...told(run, style, width)]),
    '',
    ...hanging(` ${style.bold('How you would notice')}  `, words(scenario.notice), width),
    ...runs.slice(0, 1).flatMap((run) => seen(run, style, width)),
    ...hanging(` ${style.bold('Sources')}  `, words(scenario.sources.join('; ')), width).map(style.dim),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** What was there to be seen in this run; of the other one the document tells. */
function seen({ twin, traces }: ScenarioRun, style: Style, width: number): string[] {
  if (traces.length === 0) return [];
  return ['', ` ${style.bold(`Seen in the lab, ${twin}`)}`, ...traceLines(traces, style, width), ''];
}

function told(run: ScenarioRun, style: Style, width: number): string[] {
  const who = Math.max(...run.steps.map((step) => widthOf(step.who)));
  return [
    ...hanging(` ${style.bold(run.twin)}  `, style.words(run.setting), width),
    ...run.steps.flatMap((step, index) => stepLines(step, index + 1, who, style, width)),
    ...ending(run, style, width),
  ];
}

function stepLines(step: ScenarioStep, number: number, who: number, style: Style, width: number): string[] {
  const first = ` ${String(number).padStart(2)}  ${style.cyan(padEnd(step.who, who))}  `;
  const tone = { 'went-well': style.dim, gained: style.red, refused: (text: string) => text }[step.outcome];
  const sign = { 'went-well': style.sign.right, gained: '✗', refused: '✓' }[step.outcome];
  const indent = indentOf(first);
  const text = step.text === undefined ? [] : ['', ...hanging(indent, style.words(folded(step.text)), width)];
  return [
    ...text,
    ...hanging(first, style.words(step.did), width),
    ...hanging(`${indent}${style.words(sign)} `, style.words(step.saw), width).map(tone),
  ];
}

function indentOf(first: string): string {
  return ' '.repeat(widthOf(first));
}

function ending(
  { outcome, gains, asClaimed, unmet = [], hints = [] }: ScenarioRun,
  style: Style,
  width: number,
): string[] {
  const got = gains.length === 0 ? 'the attacker got nothing' : `the attacker got ${gains.join('; ')}`;
  const doubt = asClaimed ? '' : ' (not what this scenario claims)';
  // In the colours and signs of the matrix.
  const like = ({ open: 'hijacked', closed: 'refused', unproved: 'broken' } as const)[outcome];
  const label = style.verdict(like, `${style.mark(like)} ${outcome}`);
  return [
    ...hanging(` ${label}  `, style.words(`${got}${doubt}`), width),
    ...unmet.flatMap((each) => hanging(`   ${style.red('✗')} `, style.words(each), width)),
    ...hints.flatMap((each) => hanging('   → ', style.words(folded(each)), width)),
  ];
}
