import { codeSpan, escapeMarkdown } from './marked-text';
import { gainsText } from './scenario-junit';
import type { ScenarioReport, ScenarioRun } from './scenario-outcome';
import { oneLine } from './text';

/** A scenario for a job summary: what came of each twin, and its steps. */
export function renderScenarioMarkdown({ scenario, runs }: ScenarioReport): string {
  const sections = [
    `## midplane: ${escapeMarkdown(scenario.id)}`,
    `**${escapeMarkdown(scenario.title)}**`,
    escapeMarkdown(oneLine(scenario.story)),
    ...runs.map(runSection),
    `**How you would notice:** ${escapeMarkdown(oneLine(scenario.notice))}`,
    `Sources: ${escapeMarkdown(scenario.sources.join('; '))}`,
  ];
  return `${sections.join('\n\n')}\n`;
}

function runSection(run: ScenarioRun): string {
  const doubt = run.asClaimed ? '' : ` **Not as claimed:** ${escapeMarkdown((run.unmet ?? []).join('; '))}.`;
  const rows = run.steps.map(
    ({ who, did, saw, outcome }, index) =>
      `| ${index + 1} | ${escapeMarkdown(who)} | ${escapeMarkdown(oneLine(did))} | ${outcome} | ${escapeMarkdown(oneLine(saw))} |`,
  );
  return [
    `### ${run.twin}: ${codeSpan(run.setting)}`,
    '',
    `${circleOf[run.outcome]} **${run.outcome}**: ${escapeMarkdown(oneLine(gainsText(run)))}.${doubt}`,
    '',
    '| | who | did | | saw |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

const circleOf: Record<ScenarioRun['outcome'], string> = { open: '🔴', closed: '🟢', unproved: '❔' };
