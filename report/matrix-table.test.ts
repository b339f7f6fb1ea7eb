import { describe, expect, test } from '@jest/globals';
import { defaultTechniques, isClientPath, pathsRun } from '../scenarios/vocabulary';
import { sampleCell, sampleMatrix } from './matrix-sample.test.data';
import { renderMatrixTable } from './matrix-table';
import type { Cell, InterceptionMatrix } from './outcome';
import { widthOf } from './text';

const matrix = sampleMatrix(defaultTechniques);
const everything = sampleMatrix();

function rowOf(text: string, path: string): string {
  return text.split('\n').find((line) => line.trimStart().split(/\s+/)[0] === path) ?? '';
}

function plainTable(width: number, all = false): string {
  return renderMatrixTable(all ? everything : matrix, { width, colour: false, all });
}

describe('the matrix on a terminal', () => {
  test('has a row for each path, with the worst verdict of each defence', () => {
    const text = plainTable(100);
    for (const path of pathsRun.filter((id) => !isClientPath(id))) expect(rowOf(text, path)).not.toBe('');
    expect(rowOf(text, 'exec')).toMatch(/│ ✗ impersonated {2}↑·f·c {2}self-signed +│ ✓ refused$/);
    expect(rowOf(text, 'logs-skip-verify').match(/impersonated/g)).toHaveLength(2);
    expect(rowOf(text, 'pod-proxy-http').match(/✗ plaintext {5}↑↓··· {2}tap/g)).toHaveLength(2);
    expect(rowOf(text, 'service-proxy-https').match(/✗ relayed {7}↑↓ft· {2}relay/g)).toHaveLength(2);
  });

  test('names the defences with the flag that makes them', () => {
    expect(plainTable(100)).toMatch(
      /│ none +│ kubelet-ca\n +│ stock flags +│ --kubelet-certificate-authority/,
    );
  });

  test('explains the verdicts that occur, and no others', () => {
    const text = plainTable(100);
    expect(text).toContain('✓ refused       the client hung up before it sent a request or its certificate');
    expect(text).not.toContain('hijacked');
    expect(text).not.toContain('only ciphertext');
  });

  test.each([60, 72, 80, 100, 120, 200])('keeps every line within %i columns', (width) => {
    for (const all of [false, true]) {
      const tooLong = plainTable(width, all)
        .split('\n')
        .filter((line) => widthOf(line) > width);
      expect(tooLong).toEqual([]);
    }
  });

  test('uses colours only when it may, and the same letters either way', () => {
    for (const all of [false, true]) {
      const coloured = renderMatrixTable(everything, { width: 100, colour: true, all });
      const plain = renderMatrixTable(everything, { width: 100, colour: false, all });
      expect(plain).not.toContain('\u001b');
      expect(coloured).toContain('\u001b[31m✗ ');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: removes the colours
      expect(coloured.replace(/\u001b\[[0-9]+m/g, '').replace(/ +$/gm, '')).toBe(plain);
    }
  });

  test('can do with ASCII alone, within the width', () => {
    for (const all of [false, true]) {
      const text = renderMatrixTable(everything, { width: 80, colour: false, all, ascii: true });
      expect(text).toMatch(/^[\n\x20-\x7e]*$/);
      expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
    }
    expect(renderMatrixTable(matrix, { width: 100, colour: false, ascii: true })).toContain(
      '| x impersonated  ^.f.c',
    );
  });

  test('gives a column too narrow for everything the verdict alone', () => {
    expect(rowOf(plainTable(80), 'exec')).toMatch(/│ ✗ impersonated {2}↑·f·c +│ ✓ refused$/);
    expect(rowOf(plainTable(60), 'exec')).toMatch(/│ ✗ impersonated +│ ✓ refused$/);
  });

  test('shows broken and untried cells for what they are', () => {
    const broken: Cell = { ...sampleCell('logs', 'none', 'tap'), verdict: 'broken', works: false };
    const some: InterceptionMatrix = {
      apiVersion: 'midplane/v1',
      kind: 'InterceptionMatrix',
      cells: [broken, sampleCell('exec', 'kubelet-ca', 'tap')],
    };
    const text = renderMatrixTable(some, { width: 100, colour: false });
    expect(rowOf(text, 'logs')).toMatch(/│ \? broken +│ not run$/);
    expect(rowOf(text, 'exec')).toMatch(/│ not run +│ ✓ sealed$/);
    expect(text).toContain('Not judged under none');
  });

  test('marks damage that was proved, even where another run broke', () => {
    const broken: Cell = { ...sampleCell('logs', 'none', 'tap'), verdict: 'broken' };
    const text = renderMatrixTable(
      { ...matrix, cells: [broken, sampleCell('logs', 'none', 'self-signed')] },
      { width: 100, colour: false },
    );
    expect(rowOf(text, 'logs')).toContain('✗ impersonated');
  });

  test('says so when there is nothing to show', () => {
    expect(renderMatrixTable({ ...matrix, cells: [] }, { width: 80, colour: false })).toBe(
      'no cells were run\n',
    );
  });
});

describe('every technique on a terminal', () => {
  test('fits two tables for each defence on 100 columns, in four letters', () => {
    const text = plainTable(100, true);
    const rows = text.split('\n').filter((line) => line.startsWith(' exec '));
    expect(rows).toHaveLength(4);
    expect(rows.slice(0, 2).join('').match(/✗ imp/g)).toHaveLength(14);
    expect(rows[2]).toMatch(/^ exec +✓ seal( +✓ ref){8}( +✗ imp){2}$/);
    expect(rows[3]).toMatch(/^ exec( +✓ ref){5}$/);
    expect(text).toMatch(/✗ imp {2}impersonated +the attacker was taken for the endpoint/);
  });

  test('uses whole words where the terminal has room for them', () => {
    expect(plainTable(360, true)).toContain('✗ impersonated  ✗ impersonated');
    expect(plainTable(360, true)).not.toContain('✗ imp ');
  });

  test('breaks into further tables on a narrow one, without losing a technique', () => {
    const rows = plainTable(80, true)
      .split('\n')
      .filter((line) => line.startsWith(' exec '));
    expect(rows).toHaveLength(6);
    expect(rows.join('').match(/✓ seal|✓ ref|✗ imp/g)).toHaveLength(32);
  });

  test.each([100, 320])('sets joined words below each other, %i columns wide', (width) => {
    const text = renderMatrixTable(
      sampleMatrix(['rogue-ca--expired', 'tap', 'name-constrained--path-length']),
      {
        width,
        colour: false,
        all: true,
      },
    );
    expect(text).toMatch(/^ +rogue-ca-- +name-constrained--$/m);
    expect(text).toMatch(/^ +tap +expired +path-length$/m);
  });
});
