import { renderMatrixHtml } from '../report/matrix-html';
import { renderMatrixJson } from '../report/matrix-json';
import { renderMatrixJUnit } from '../report/matrix-junit';
import { renderMatrixMarkdown } from '../report/matrix-markdown';
import { renderMatrixPage } from '../report/matrix-page';
import { renderMatrixSarif } from '../report/matrix-sarif';
import { renderMatrixTable } from '../report/matrix-table';
import { renderMatrixWide } from '../report/matrix-wide';
import type { InterceptionMatrix } from '../report/outcome';
import type { Terminal } from './terminal';

/** What a matrix can be written as, whether it was just run or read from a file. */
export const matrixFormats = ['table', 'wide', 'json', 'junit', 'sarif', 'markdown', 'html', 'page'] as const;

export type MatrixFormat = (typeof matrixFormats)[number];

export function renderMatrix(
  document: InterceptionMatrix,
  format: MatrixFormat,
  { toFile, all, terminal }: { toFile: boolean; all: boolean; terminal: Terminal },
): string {
  const colour = terminal.colour && !toFile;
  const width = toFile ? null : terminal.width;
  switch (format) {
    case 'table':
      return renderMatrixTable(document, { width: width ?? 100, colour, all });
    case 'wide':
      return renderMatrixWide(document, { width, colour });
    case 'json':
      return renderMatrixJson(document);
    case 'junit':
      return renderMatrixJUnit(document);
    case 'sarif':
      return renderMatrixSarif(document, { folder: process.cwd() });
    case 'markdown':
      return renderMatrixMarkdown(document);
    case 'html':
      return renderMatrixHtml(document);
    case 'page':
      return renderMatrixPage(document);
  }
}
