import { faultSentence } from './fault';
import { element, renderHtmlPage } from './html';
import { countText, isAsClaimed, type Played, textOf } from './played';
import { scenarioBody } from './scenario-html';
import { secondsText, twinsText } from './scenarios-story';
import { escapeXml } from './xml';

/** Several scenarios as one page that needs no network. */
export function renderScenariosHtml(all: readonly Played[]): string {
  return renderHtmlPage(`midplane: ${countText(all)}`, [
    '<div class="scroll"><table><thead><tr><th scope="col">scenario</th><th scope="col"></th><th scope="col"></th></tr></thead><tbody>',
    ...all.map(row),
    '</tbody></table></div>',
    ...all.flatMap(section),
  ]);
}

function row(played: Played): string {
  const { id, title } = textOf(played);
  const name = played.kind === 'report' ? `<a href="#${escapeXml(id)}">${escapeXml(id)}</a>` : escapeXml(id);
  return `<tr><th scope="row">${name}</th>${element('td', '', title)}${outcomeCell(played)}</tr>`;
}

function outcomeCell(played: Played): string {
  switch (played.kind) {
    case 'report': {
      const { report } = played;
      const classes = isAsClaimed(report) ? 'safe' : 'open';
      return element('td', classes, `${twinsText(report)}, ${secondsText(report)}`);
    }
    case 'fault': {
      const { fault } = played;
      return element('td', 'half', `the lab failed: ${fault.code}: ${faultSentence(fault)}`);
    }
    case 'not-run':
      return element('td', 'none', `not run: ${played.reason}`);
  }
}

function section(played: Played): string[] {
  if (played.kind !== 'report') return [];
  const { report } = played;
  const { id } = report.scenario;
  return [
    `<section id="${escapeXml(id)}">`,
    element('h2', '', id),
    ...scenarioBody(report, `${id}/`),
    '</section>',
  ];
}
