import { definitions, element, renderHtmlPage } from './html';
import { claimText, gainsText } from './scenario-junit';
import type { ScenarioReport, ScenarioRun } from './scenario-outcome';
import { escapeXml } from './xml';

/** A scenario as one page that needs no network. */
export function renderScenarioHtml(report: ScenarioReport): string {
  return renderHtmlPage(`midplane: ${report.scenario.id}`, scenarioBody(report));
}

/** @param before what the ids in it begin with, where it shares its page with others */
export function scenarioBody({ scenario, runs }: ScenarioReport, before = ''): string[] {
  const { name } = scenario.setting;
  return [
    element('p', 'soft', scenario.title),
    element('p', '', scenario.story),
    ...definitions([['the one setting', name]]),
    ...runs.flatMap((run) => runSection(run, before)),
    '<h2>How you would notice</h2>',
    element('p', '', scenario.notice),
    '<h2>Sources</h2>',
    '<ul>',
    ...scenario.sources.map((source) => element('li', '', source)),
    '</ul>',
  ];
}

function runSection(run: ScenarioRun, before: string): string[] {
  const classes = { open: 'open', closed: 'safe', unproved: 'half' }[run.outcome];
  const rows = run.steps.map(
    ({ who, did, saw, outcome }) =>
      `<tr>${element('td', '', who)}${element('td', '', did)}${element('td', toneOf[outcome], outcome)}${element('td', '', saw)}</tr>`,
  );
  return [
    `<section id="${escapeXml(before + run.twin)}">`,
    element('h2', '', `${run.twin}: ${run.setting}`),
    element('p', classes, `${run.outcome}: ${gainsText(run)}`),
    ...(run.asClaimed ? [] : [element('p', 'open', claimText(run))]),
    '<div class="scroll"><table><thead><tr><th scope="col">who</th><th scope="col">did</th><th scope="col"></th><th scope="col">saw</th></tr></thead><tbody>',
    ...rows,
    '</tbody></table></div>',
    ...(run.traces.length === 0
      ? []
      : definitions(run.traces.map(({ where, text, look }) => [where, `${text} (${look})`] as const))),
    '</section>',
  ];
}

const toneOf = { 'went-well': 'none', gained: 'open', refused: 'safe' } as const;
