import { describe, expect, test } from '@jest/globals';
import { defaultTechniques } from '../scenarios/vocabulary';
import { sampleMatrix } from './matrix-sample.test.data';
import { renderMatrixWide } from './matrix-wide';
import { widthOf } from './text';

const matrix = sampleMatrix(defaultTechniques);
const lineOf = (text: string, start: RegExp) => text.split('\n').find((line) => start.test(line)) ?? '';

describe('the wide matrix', () => {
  test('has one line a cell below its head', () => {
    const lines = renderMatrixWide(matrix, { width: null, colour: false }).trimEnd().split('\n');
    expect(lines).toHaveLength(1 + matrix.cells.length);
    expect(lines[0]).toMatch(
      /^PATH +DEFENCE +TECHNIQUE +VERDICT +TLS +ALERT +UP +DOWN +FORGED +TAMPERED +CERT +THE USER SAW$/,
    );
  });

  test('gives the words of the user in full where there is no terminal', () => {
    const line = lineOf(
      renderMatrixWide(matrix, { width: null, colour: false }),
      /^logs +kubelet-ca +self-signed/,
    );
    expect(line).toMatch(/refused +1\.3 +bad_certificate +- +no +no +- +no +Error from server: Get "https:/);
    expect(line.endsWith('x509: certificate signed by unknown authority')).toBe(true);
  });

  test.each([80, 100, 120, 129, 130, 150, 200])('never wraps on a terminal of %i columns', (width) => {
    const text = renderMatrixWide(matrix, { width, colour: false });
    expect(text.split('\n').filter((line) => widthOf(line) > width)).toEqual([]);
  });

  test('cuts the words in the middle, so that both the command and the cause are left', () => {
    const text = renderMatrixWide(matrix, { width: 180, colour: false });
    expect(lineOf(text, /^logs +kubelet-ca +self-signed/)).toMatch(
      / Error from serv…x509: certificate signed by unknown authority$/,
    );
    const narrow = renderMatrixWide(matrix, { width: 100, colour: false });
    expect(lineOf(narrow, /^logs +kubelet-ca +self-signed/)).toMatch(/ Error…x509: certificate signed…$/);
  });

  test('spells out the short verdicts of a narrow terminal', () => {
    const text = renderMatrixWide(matrix, { width: 80, colour: false });
    expect(lineOf(text, /^exec +none +self-signed/)).toMatch(/ ✗ imp +↑·f·c /);
    expect(text).toMatch(/^ ✗ imp +impersonated +the attacker/m);
  });

  test('puts what the attacker got into five signs where there is less room, and explains them', () => {
    const text = renderMatrixWide(matrix, { width: 100, colour: false });
    expect(text.split('\n')[0]).toMatch(/^PATH +DEFENCE +TECHNIQUE +VERDICT +GOT +THE USER SAW$/);
    expect(lineOf(text, /^exec +none +self-signed/)).toMatch(/impersonated +↑·f·c +-$/);
    expect(text).toContain('↑ reads what the client sends');
    expect(renderMatrixWide(matrix, { width: 200, colour: false })).not.toContain('↑');
  });

  test('shows what has no answer as a dash', () => {
    const line = lineOf(
      renderMatrixWide(matrix, { width: null, colour: false }),
      /^pod-proxy-http +none +tap/,
    );
    expect(line).toMatch(/plaintext +- +- +yes +yes +no +- +no +-$/);
  });

  test('colours the verdict and nothing else', () => {
    const line = lineOf(renderMatrixWide(matrix, { width: null, colour: true }), /^exec +none +relay/);
    expect(line).toContain('\u001b[31mimpersonated');
    expect(line.split('\u001b')).toHaveLength(3);
  });
});
