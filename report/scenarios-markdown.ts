import { faultSentence } from './fault';
import { codeSpan, escapeMarkdown } from './marked-text';
import { countText, isAsClaimed, type Played, textOf } from './played';
import { renderScenarioMarkdown } from './scenario-markdown';
import { secondsText, twinsText } from './scenarios-story';
import { oneLine } from './text';

/** Several scenarios for a job summary: a table of what came of them, and each to be opened below it. */
export function renderScenariosMarkdown(all: readonly Played[]): string {
  const sections = [
    `## midplane: ${countText(all)}`,
    ['| | scenario | | |', '| --- | --- | --- | --- |', ...all.map(row)].join('\n'),
    ...all.flatMap(details),
  ];
  return `${sections.join('\n\n')}\n`;
}

function row(played: Played): string {
  const { id, title } = textOf(played);
  const name = `${codeSpan(id)}: ${escapeMarkdown(oneLine(title))}`;
  switch (played.kind) {
    case 'report': {
      const { report } = played;
      const circle = isAsClaimed(report) ? '🟢' : '🔴';
      const unmet = report.runs.flatMap((run) => (run.unmet ?? []).map((each) => `${run.twin}: ${each}`));
      const outcome = [twinsText(report), ...unmet].join('; ');
      return `| ${circle} | ${name} | ${escapeMarkdown(oneLine(outcome))} | ${secondsText(report)} |`;
    }
    case 'fault': {
      const { fault } = played;
      const said = oneLine(faultSentence(fault));
      return `| ❔ | ${name} | the lab failed: **${fault.code}**: ${escapeMarkdown(said)} | |`;
    }
    case 'not-run':
      return `| ⚪ | ${name} | not run: ${escapeMarkdown(oneLine(played.reason))} | |`;
  }
}

function details(played: Played): string[] {
  if (played.kind !== 'report') return [];
  const { id } = played.report.scenario;
  // GitHub reads Markdown inside of HTML only behind an empty line.
  return [`<details><summary>${id}</summary>`, renderScenarioMarkdown(played.report).trimEnd(), '</details>'];
}
