import type { TimelineEvent } from '../network/timeline';
import { CAST_WIDTH, type Screen } from './asciicast';
import { ATTACKER } from './capture-files';
import { readerOf } from './reader-of';
import type { ScenarioRun } from './scenario-outcome';
import type { StoryMaterial } from './story';
import { storySteps } from './story-steps';
import { hanging, oneLine, padStart, printable, wrap } from './text';

/** What the two sides of a run had before them: what the user's command said, and what the attacker noticed and got. */
export interface Screens {
  readonly user: Screen;
  readonly attacker: Screen;
}

type Line = Screen['lines'][number];

export function cellScreens({ cell, events }: StoryMaterial): Screens {
  const steps = storySteps(cell, events).filter((step) => step.kind === 'step' && step.host === ATTACKER);
  const began = steps[0]?.at ?? 0;
  const noticed = steps.flatMap((step) => {
    const time = `${padStart((step.at - began).toFixed(1), 6)} ms  `;
    return said(step.at, time, step.text);
  });
  const over = steps.at(-1)?.at ?? 0;
  const { lootQuote, genuineAnswers } = cell.evidence;
  const got = [
    lootQuote === null ? 'it holds nothing readable' : `it holds: ${lootQuote}`,
    ...genuineAnswers.slice(0, 2).map(({ status, text }) => `the real endpoint told it: ${status} ${text}`),
  ];
  return {
    user: { title: `what the ${readerOf(cell.path)} saw`, lines: events.flatMap(userLines) },
    attacker: {
      title: 'what the attacker saw',
      lines: [...noticed, ...got.flatMap((text) => said(over, '', text))],
    },
  };
}

function userLines({ at, kind, data }: TimelineEvent): Line[] {
  if (kind === 'step') {
    const when = data['step'] === 'control' ? 'without an attacker' : 'under attack';
    return [
      { at, text: `# ${when}` },
      { at, text: `$ ${printable(String(data['command'] ?? ''))}` },
    ];
  }
  if (kind !== 'command-ended') return [];
  const lines = String(data['shown'] ?? '')
    .trimEnd()
    .split(/\r?\n/);
  return lines.map((text) => ({ at, text: printable(text) }));
}

/** Of a scenario: what the attacker did, and what all others did, each with what came of it. */
export function scenarioScreens(run: ScenarioRun, events: readonly TimelineEvent[]): Screens {
  const steps = events.filter(({ kind }) => kind === 'scenario-step');
  const of = (attacker: boolean): Line[] =>
    steps.filter(({ host }) => (host === ATTACKER) === attacker).flatMap(stepLines);
  const over = steps.at(-1)?.at ?? 0;
  const end =
    run.gains.length === 0 ? [`${run.outcome}: it got nothing`] : run.gains.map((gain) => `it got ${gain}`);
  return {
    user: { title: `what others than the attacker did and saw, ${run.setting}`, lines: of(false) },
    attacker: {
      title: `what the attacker did and saw, ${run.setting}`,
      lines: [...of(true), ...end.flatMap((text) => said(over, '', text))],
    },
  };
}

function stepLines({ at, host, data }: TimelineEvent): Line[] {
  const saw = String(data['saw'] ?? '');
  return [...said(at, `${host}$ `, String(data['did'] ?? '')), ...(saw === '' ? [] : said(at, '  ', saw))];
}

/** Broken where the terminal ends. */
function said(at: number, begin: string, text: string): Line[] {
  const one = oneLine(text);
  const lines = begin === '' ? wrap(one, CAST_WIDTH) : hanging(begin, one, CAST_WIDTH);
  return [{ at, text: lines.map((line) => line.trimEnd()).join('\n') }];
}
