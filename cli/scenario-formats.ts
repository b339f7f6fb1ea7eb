import { type Played, reportListOf } from '../report/played';
import { renderScenarioHtml } from '../report/scenario-html';
import { renderScenarioJUnit } from '../report/scenario-junit';
import { renderScenarioMarkdown } from '../report/scenario-markdown';
import type { ScenarioReport } from '../report/scenario-outcome';
import { renderScenarioSarif } from '../report/scenario-sarif';
import { renderScenario } from '../report/scenario-story';
import { renderScenariosHtml } from '../report/scenarios-html';
import { renderScenariosJUnit } from '../report/scenarios-junit';
import { renderScenariosMarkdown } from '../report/scenarios-markdown';
import { renderScenariosSarif } from '../report/scenarios-sarif';
import { renderScenarios } from '../report/scenarios-story';
import type { RunFormat } from './run-formats';
import type { Terminal } from './terminal';

export function renderReport(
  report: ScenarioReport,
  format: RunFormat,
  toFile: boolean,
  terminal: Terminal,
): string {
  switch (format) {
    case 'story':
      return renderScenario(report, { colour: terminal.colour && !toFile, width: terminal.width ?? 100 });
    case 'json':
      return `${JSON.stringify(report, null, 2)}\n`;
    case 'junit':
      return renderScenarioJUnit(report);
    case 'sarif':
      return renderScenarioSarif(report, { folder: process.cwd() });
    case 'markdown':
      return renderScenarioMarkdown(report);
    case 'html':
      return renderScenarioHtml(report);
  }
}

/** Several of them. */
export function renderAll(all: readonly Played[], format: RunFormat, terminal: Terminal): string {
  switch (format) {
    case 'story':
      return renderScenarios(all, { colour: false, width: terminal.width ?? 100, whole: true });
    case 'json':
      return `${JSON.stringify(reportListOf(all), null, 2)}\n`;
    case 'junit':
      return renderScenariosJUnit(all);
    case 'sarif':
      return renderScenariosSarif(all, { folder: process.cwd() });
    case 'markdown':
      return renderScenariosMarkdown(all);
    case 'html':
      return renderScenariosHtml(all);
  }
}
