import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { renderMatrixPage } from '../report/matrix-page';
import { defencesRun, techniquesRun } from '../scenarios/vocabulary';
import { runMatrixInThreads } from './run-matrix-in-threads';

/** Every cell there is. `npm run docs:matrix` writes the page anew. */
test('docs/matrix.md is what a run gives', async () => {
  const page = readFileSync(join(__dirname, '..', '..', 'docs', 'matrix.md'), 'utf8');
  const matrix = await runMatrixInThreads({ defences: defencesRun, techniques: techniquesRun }, 2);
  expect(renderMatrixPage(matrix)).toBe(page);
}, 300_000);
