import { folded } from './paragraphs';
import { countText, isAsClaimed, type Played, textOf } from './played';
import type { ScenarioReport } from './scenario-outcome';
import { renderScenario, type StoryLook } from './scenario-story';
import { type Style, styleOf } from './style';
import { hanging, padEnd } from './text';

/** More stories than this nobody reads one after the other. */
export const MOST_WHOLE = 5;

/** Several scenarios, told as each is over. */
export interface ScenariosTeller {
  each(played: Played): string;
  /** How many came out as claimed, and of the others why not. */
  closing(all: readonly Played[]): string;
}

export interface ScenariosLook extends StoryLook {
  /** Each with its story; otherwise a line each. */
  readonly whole: boolean;
}

/** @param ids of all, for what stands in columns */
export function scenariosTeller(ids: readonly string[], look: ScenariosLook): ScenariosTeller {
  const { whole } = look;
  const style = styleOf(look);
  const width = Math.max(60, look.width);
  const column = Math.max(0, ...ids.map(({ length }) => length));
  return {
    each: (played) => {
      const line = `${lineOf(played, column, style)}\n`;
      if (!whole) return line;
      return `${played.kind === 'report' ? renderScenario(played.report, look) : line}\n`;
    },
    closing: (all) => {
      const others = all.filter((played) => played.kind !== 'report' || !isAsClaimed(played.report));
      const lines = [
        ...(whole ? [] : ['']),
        ` ${style.bold(style.words(countText(all)))}`,
        ...others.flatMap((played) => ['', ...whyNot(played, style, width)]),
      ];
      return lines.map((line) => `${line.trimEnd()}\n`).join('');
    },
  };
}

export function renderScenarios(all: readonly Played[], look: ScenariosLook): string {
  const teller = scenariosTeller(
    all.map((played) => textOf(played).id),
    look,
  );
  return all.map(teller.each).join('') + teller.closing(all);
}

function lineOf(played: Played, column: number, style: Style): string {
  return ` ${signOf(played, style)} ${padEnd(textOf(played).id, column)}  ${style.words(outcomeText(played))}`;
}

function outcomeText(played: Played): string {
  switch (played.kind) {
    case 'report':
      return `${twinsText(played.report)}  ${secondsText(played.report)}`;
    case 'fault':
      return 'the lab failed';
    case 'not-run':
      return 'not run';
  }
}

/** `open: open, fixed: closed`; what is not as claimed says so. */
export function twinsText({ runs }: ScenarioReport): string {
  return runs
    .map(({ twin, outcome, asClaimed }) => `${twin}: ${outcome}${asClaimed ? '' : ' (not as claimed)'}`)
    .join(', ');
}

export function secondsText({ runs }: ScenarioReport): string {
  return `${(runs.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000).toFixed(1)} s`;
}

function whyNot(played: Played, style: Style, width: number): string[] {
  const said = (first: string, text: string): string[] => hanging(first, style.words(folded(text)), width);
  const head = ` ${signOf(played, style)} ${style.bold(textOf(played).id)}`;
  switch (played.kind) {
    case 'report':
      return [
        head,
        ...played.report.runs.flatMap(({ twin, unmet = [] }) =>
          unmet.flatMap((each) => said('   ', `${twin}: ${each}`)),
        ),
      ];
    case 'fault': {
      const { message, hint } = played.fault;
      return [
        head,
        ...said('   ', `the lab failed: ${message}`),
        ...(hint === null ? [] : said('   hint: ', hint)),
      ];
    }
    case 'not-run':
      return [head, ...said('   ', `not run: ${played.reason}`)];
  }
}

/** In the signs and colours of the matrix. */
function signOf(played: Played, style: Style): string {
  const like = likeOf(played);
  return style.verdict(like, style.mark(like));
}

function likeOf(played: Played) {
  switch (played.kind) {
    case 'report':
      return isAsClaimed(played.report) ? 'sealed' : 'hijacked';
    case 'fault':
      return 'broken';
    case 'not-run':
      return 'not-applicable';
  }
}
