import { folded, paragraphs } from './paragraphs';
import {
  type ScenarioReport,
  type ScenarioRun,
  type ScenarioStep,
  type ScenarioText,
  settingOf,
  type Twin,
} from './scenario-outcome';
import { type Look, type Style, styleOf } from './style';
import { hanging, padEnd, widthOf } from './text';
import { traceLines } from './trace-lines';

/** A scenario with its twins, told step by step: who did what, and what the answer was. */
export function renderScenario({ scenario, runs }: ScenarioReport, options: StoryLook): string {
  const teller = scenarioTeller(scenario, options);
  return [
    teller.opening(),
    ...runs.flatMap((run) => [
      teller.twin(run.twin),
      ...run.steps.map((step, index) => teller.step(step, index + 1)),
      teller.ending(run),
    ]),
    teller.closing(runs),
  ].join('');
}

export type StoryLook = Look & { readonly width: number };

/** The pieces of a story, each for when it has happened; one after the other they are the story. */
export interface ScenarioTeller {
  opening(): string;
  twin(twin: Twin): string;
  /** `number` counts from 1 in each twin. */
  step(step: ScenarioStep, number: number): string;
  ending(run: ScenarioRun): string;
  closing(runs: readonly ScenarioRun[]): string;
}

export function scenarioTeller(scenario: ScenarioText, options: StoryLook): ScenarioTeller {
  const style = styleOf(options);
  const width = Math.max(60, options.width);
  const words = (text: string): string => style.words(text);
  return {
    opening: () =>
      textOf([
        ` ${style.bold(scenario.id)}  ${words(scenario.title)}`,
        '',
        ...paragraphs(scenario.story).flatMap((each, at) => [
          ...(at === 0 ? [] : ['']),
          ...hanging(' ', words(each), width),
        ]),
      ]),
    twin: (twin) =>
      textOf(['', ...hanging(` ${style.bold(twin)}  `, words(settingOf(scenario, twin)), width)]),
    step: (step, number) => textOf(stepLines(step, number, style, width)),
    ending: (run) => textOf(ending(run, style, width)),
    closing: (runs) =>
      textOf([
        '',
        ...hanging(` ${style.bold('How you would notice')}  `, words(scenario.notice), width),
        ...runs.slice(0, 1).flatMap((run) => seen(run, style, width)),
        ...hanging(` ${style.bold('Sources')}  `, words(scenario.sources.join('; ')), width).map(style.dim),
      ]),
  };
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** What was there to be seen in this run; of the other one the document tells. */
function seen({ twin, traces }: ScenarioRun, style: Style, width: number): string[] {
  if (traces.length === 0) return [];
  return ['', ` ${style.bold(`Seen in the lab, ${twin}`)}`, ...traceLines(traces, style, width), ''];
}

/** Wide enough for `attacker`: a story that is told as it happens does not know who is still to come. */
const WHO = 8;

function stepLines(step: ScenarioStep, number: number, style: Style, width: number): string[] {
  const first = ` ${String(number).padStart(2)}  ${style.cyan(padEnd(step.who, WHO))}  `;
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
