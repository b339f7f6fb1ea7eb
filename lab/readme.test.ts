import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { renderMatrixTable } from '../report/matrix-table';
import { runMatrix } from './run-matrix';

/** The picture on the first screen of the README is what a run prints: table and legend, without the sentences below. */
test('the README shows the matrix that a run gives', async () => {
  const readme = readFileSync(join(__dirname, '..', '..', 'README.md'), 'utf8');
  const shown = /<!-- matrix: begin -->\n```\n([\s\S]*?)```\n<!-- matrix: end -->/.exec(readme)?.[1];
  const printed = renderMatrixTable(await runMatrix(), { width: 100, colour: false });
  const table = printed.slice(printed.indexOf(' apiserver →'), printed.indexOf(' • ')).trimEnd();
  expect(shown?.trimEnd()).toBe(table);
}, 30_000);
