import type { TimelineEvent } from '../network/timeline';
import { defaultPosition, describeTechnique, positions } from '../scenarios/vocabulary';
import { type Cell, defenceAndSide, positionOf } from './outcome';
import { readerOf } from './reader-of';
import { messageOf } from './status-message';
import { drawing } from './story-drawing';
import { type StoryStep, storySteps } from './story-steps';
import { type Look, type Style, styleOf } from './style';
import { hanging, oneLine, padEnd, padStart, widthOf, wrap } from './text';
import { traceLines } from './trace-lines';
import { type TranscriptMaterial, transcriptLines } from './transcript';

/** One cell with everything that happened on the way to its verdict. */
export interface StoryMaterial {
  readonly cell: Cell;
  /** What the user did, as a command line. */
  readonly command: string;
  readonly events: readonly TimelineEvent[];
  /** What each side of a relay saw. */
  readonly transcript?: TranscriptMaterial;
}

/**
 * One cell told step by step: who connected to whom, which certificate was shown, what was believed and why, what each
 * side then saw, and what follows from it. Made from events; kinds that it does not know are left out.
 */
export function renderStory(material: StoryMaterial, options: Look & { readonly width: number }): string {
  const { opening, told: lines, ending: end } = storyParts(material, options);
  return `${[...opening, ...lines.flatMap((each) => each.lines), ...end].join('\n')}\n`;
}

/** The same in parts, for whoever shows one after the other: all their lines are the whole story. */
export interface StoryParts {
  readonly opening: readonly string[];
  /** `at`: when that was over, on the clock of the events. */
  readonly told: readonly { readonly at: number; readonly lines: readonly string[] }[];
  readonly ending: readonly string[];
}

export function storyParts(
  { cell, command, events, transcript }: StoryMaterial,
  options: Look & { readonly width: number },
): StoryParts {
  const style = styleOf(options);
  const width = Math.max(60, options.width);
  const position = positionOf(cell);
  const words = [
    cell.path,
    defenceAndSide(cell),
    cell.technique,
    ...(position === defaultPosition ? [] : [position]),
  ];
  const title = words.map(style.bold).join(` ${style.sign.dot} `);
  const opening = [
    ` ${title}`,
    ...hanging(' ', style.words(techniqueTitle(cell)), width).map(style.dim),
    ...hanging(' ', style.words(positionTitle(cell)), width).map(style.dim),
    '',
    ...drawing(cell, style, width),
    '',
    ...hanging(` ${style.dim('$')} `, style.words(oneLine(command)), width),
  ];
  const end = [
    ...(transcript === undefined ? [] : ['', ...transcriptLines(transcript, style, width)]),
    '',
    ...ending(cell, style, width),
    ...noticing(cell, style, width),
  ];
  return {
    opening: trimmed(opening),
    told: told(storySteps(cell, events), style, width).map(({ at, lines }) => ({
      at,
      lines: trimmed(lines),
    })),
    ending: trimmed(end),
  };
}

function trimmed(lines: readonly string[]): string[] {
  return lines.map((line) => line.trimEnd());
}

function techniqueTitle(cell: Cell): string {
  const { title, needs } = describeTechnique(cell.technique);
  return `the attacker's technique: ${title}; it needs: ${needs}`;
}

function positionTitle(cell: Cell): string {
  const word = positions.find((entry) => entry.id === positionOf(cell));
  return word === undefined ? '' : `its position: ${word.title}; it needs: ${word.needs}`;
}

/** ` 3   12.4 ms  control-plane  text` with the text wrapped below itself, and a heading where a new part begins. */
function told(steps: readonly StoryStep[], style: Style, width: number): { at: number; lines: string[] }[] {
  const who = Math.max(0, ...steps.map((step) => widthOf(step.host)));
  const began = steps[0]?.at ?? 0;
  let number = 0;
  return steps.map((step) => {
    const { at } = step;
    if (step.kind === 'heading') return { at, lines: ['', ` ${style.bold(style.words(step.text))}`] };
    number += 1;
    const time = `${padStart((step.at - began).toFixed(1), 6)} ms`;
    const first = ` ${padStart(String(number), 2)}  ${style.dim(time)}  ${style.cyan(padEnd(step.host, who))}  `;
    return { at, lines: hanging(first, toned(step, style), width) };
  });
}

function toned(step: StoryStep, style: Style): string {
  const text = style.words(oneLine(step.text));
  if (step.tone === null) return text;
  const verdict = step.tone === 'good' ? 'sealed' : 'impersonated';
  return text
    .split(' ')
    .map((word) => style.verdict(verdict, word))
    .join(' ');
}

function ending(cell: Cell, style: Style, width: number): string[] {
  const { evidence } = cell;
  const said: [string, string][] = [
    [`the ${readerOf(cell.path)} saw`, cell.clientSaw === '' ? 'nothing' : quote(cell.clientSaw, style)],
    [
      'the attacker holds',
      evidence.lootQuote === null ? 'nothing readable' : quote(evidence.lootQuote, style),
    ],
  ];
  const answers = new Set(evidence.genuineAnswers.map(({ status, text }) => `${status} ${messageOf(text)}`));
  for (const answer of [...answers].slice(0, 2)) {
    said.push(['the real endpoint', `told the attacker ${quote(answer, style)}`]);
  }
  if (evidence.dropped !== undefined) {
    const counts = Object.entries(evidence.dropped).map(([what, count]) => droppedText(what, count));
    said.push(['it had no room for', counts.join(', ')]);
  }
  const label = Math.max(...said.map(([what]) => what.length));
  const word = `${style.mark(cell.verdict)} ${cell.verdict}`;
  return [
    ...said.flatMap(([what, text]) => hanging(` ${style.dim(padEnd(what, label))}  `, text, width)),
    '',
    ` ${style.bold(style.verdict(cell.verdict, word))}`,
    ...wrap(style.words(oneLine(cell.reason)), width - 3).map((line) => `   ${line}`),
    ` ${style.dim(`more: midplane explain ${cell.verdict}`)}`,
  ];
}

/** By the names of attacker/loot.ts. */
function droppedText(what: string, count: number): string {
  switch (what) {
    case 'up':
      return `${count} bytes that the client sent`;
    case 'down':
      return `${count} bytes that the real endpoint sent`;
    case 'wireUp':
    case 'wireDown':
    case 'text':
      return `${count} bytes of ${what === 'text' ? 'text' : 'the wire'}`;
    case 'genuineAnswers':
      return `${count} answers`;
    default:
      return `${count} ${what}`;
  }
}

function noticing({ evidence: { traces } }: Cell, style: Style, width: number): string[] {
  if (traces === undefined) return [];
  return ['', ` ${style.bold('How you would notice')}`, ...traceLines(traces, style, width)];
}

const QUOTED = 400;
/** Less than this is not worth leaving out. */
const LEFT_OUT = 100;

function quote(text: string, style: Style): string {
  const whole = style.words(oneLine(text));
  const { openQuote, closeQuote } = style.sign;
  const more = whole.length - QUOTED;
  if (more < LEFT_OUT) return `${openQuote}${whole}${closeQuote}`;
  return `${openQuote}${whole.slice(0, QUOTED)}${style.words('…')}${closeQuote} and ${more} characters more`;
}
