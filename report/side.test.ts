import { describe, expect, test } from '@jest/globals';
import { renderMatrixJson } from './matrix-json';
import { renderMatrixMarkdown } from './matrix-markdown';
import { sampleCell } from './matrix-sample.test.data';
import { renderMatrixTable } from './matrix-table';
import { renderMatrixWide } from './matrix-wide';
import type { Cell, InterceptionMatrix } from './outcome';

const cell: Cell = { ...sampleCell('exec', 'konnectivity-kubelet-ca', 'self-signed'), side: 'node' };
const direct = sampleCell('exec', 'kubelet-ca', 'self-signed');
const matrix: InterceptionMatrix = {
  apiVersion: 'midplane/v1',
  kind: 'InterceptionMatrix',
  cells: [cell, direct],
};

describe('the side on which an attacker stood of a tunnel', () => {
  test('is in the document where there is a tunnel, and nowhere else', () => {
    const { cells } = JSON.parse(renderMatrixJson(matrix)) as { cells: Cell[] };
    expect(cells.map(({ defence, side }) => [defence, side])).toEqual([
      ['kubelet-ca', undefined],
      ['konnectivity-kubelet-ca', 'node'],
    ]);
  });

  test('is said in every report for people', () => {
    const options = { width: 120, colour: false };
    expect(renderMatrixTable(matrix, options).replace(/\s+/g, ' ')).toContain(
      'of a tunnel it stands on the node side',
    );
    expect(renderMatrixTable(matrix, { ...options, all: true })).toContain(
      'konnectivity-kubelet-ca (node side)',
    );
    expect(renderMatrixWide(matrix, { width: null, colour: false })).toContain(
      'konnectivity-kubelet-ca (node side)',
    );
    expect(renderMatrixMarkdown(matrix)).toContain('of a tunnel it stands on the node side');
  });
});
