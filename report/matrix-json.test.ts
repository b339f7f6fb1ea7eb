import { describe, expect, test } from '@jest/globals';
import { renderMatrixJson } from './matrix-json';
import { sampleMatrix } from './matrix-sample.test.data';

describe('the matrix as JSON', () => {
  const matrix = sampleMatrix();

  test('holds the whole document and ends its last line', () => {
    const text = renderMatrixJson(matrix);
    expect(JSON.parse(text)).toEqual(matrix);
    expect(text.endsWith('}\n')).toBe(true);
    expect(
      text.startsWith('{\n  "apiVersion": "midplane/v1",\n  "kind": "InterceptionMatrix",\n  "metadata": {'),
    ).toBe(true);
  });

  test('tells where the attacker was, and what was to be seen of it', () => {
    const traces = [
      { kind: 'route', where: 'control-plane', text: 'a', look: 'ip route', lasts: false },
    ] as const;
    const cells = matrix.cells.map((cell) => ({
      ...cell,
      position: 'route' as const,
      evidence: { ...cell.evidence, traces },
    }));
    expect(JSON.parse(renderMatrixJson({ ...matrix, cells }))).toEqual({ ...matrix, cells });
  });

  test('is the same text whatever order cells and keys came in', () => {
    const shuffled = {
      cells: [...matrix.cells].reverse().map((cell) => Object.fromEntries(Object.entries(cell).reverse())),
      metadata: matrix.metadata,
      kind: matrix.kind,
      apiVersion: matrix.apiVersion,
    };
    expect(renderMatrixJson(shuffled as unknown as typeof matrix)).toBe(renderMatrixJson(matrix));
  });

  test('begins with the first path of the vocabulary', () => {
    const { cells } = JSON.parse(renderMatrixJson(matrix)) as { cells: Record<string, unknown>[] };
    expect(cells[0]).toMatchObject({ path: 'logs', defence: 'none', technique: 'tap' });
    expect(Object.keys(cells[0] ?? {})).toEqual([
      'path',
      'defence',
      'technique',
      'verdict',
      'works',
      'read',
      'forged',
      'tampered',
      'clientCertificateShown',
      'credential',
      'tls',
      'clientSaw',
      'reason',
      'evidence',
    ]);
  });
});
