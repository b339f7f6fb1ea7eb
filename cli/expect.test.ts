import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { renderMatrixJson } from '../report/matrix-json';
import { sampleCell } from '../report/matrix-sample.test.data';
import type { Cell } from '../report/outcome';
import { midplane } from './midplane.test.fixtures';

/** Sessions without a lab: a saved matrix is judged as one that was just run is. */
const folder = mkdtempSync(join(tmpdir(), 'midplane-expect-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const exec = sampleCell('exec', 'none', 'self-signed');
const refused = sampleCell('exec', 'kubelet-ca', 'self-signed');

function matrixFile(name: string, ...cells: Cell[]): string {
  return file(name, renderMatrixJson({ apiVersion: 'midplane/v1', kind: 'InterceptionMatrix', cells }));
}

const expectationsFile = (line: string): string =>
  file('e.yaml', `apiVersion: midplane/v1\nkind: Expectations\nspec:\n  expect:\n    - ${line}\n`);

describe('midplane report', () => {
  test('renders a saved matrix in every format, and the same document again', async () => {
    const saved = matrixFile('m.json', exec, refused);
    const formats = ['table', 'wide', 'junit', 'sarif', 'markdown', 'html', 'page'];
    const outputs = formats.flatMap((format) => ['-o', `${format}=${join(folder, `out.${format}`)}`]);
    const { code, out } = await midplane(['report', saved, '-o', 'json', ...outputs]);
    expect(code).toBe(0);
    expect(out).toBe(readFileSync(saved, 'utf8'));
    for (const format of formats)
      expect(readFileSync(join(folder, `out.${format}`), 'utf8')).toContain('impersonated');
  });

  test('exits as the matrix does: 1 for what failed, 0 with --soft-fail, 1 for what is broken all the same', async () => {
    const open = matrixFile('m.json', exec);
    const broken = matrixFile('b.json', { ...exec, verdict: 'broken', works: false });
    const wanted = expectationsFile('{open: false}');
    const codes = [
      await midplane(['report', open]),
      await midplane(['report', open, '--expect', wanted]),
      await midplane(['report', open, '--expect', wanted, '--soft-fail']),
      await midplane(['report', broken, '--expect', wanted, '--soft-fail']),
    ].map(({ code }) => code);
    expect(codes).toEqual([0, 1, 0, 1]);
  });

  test('says what failed where people read it, and where programs do', async () => {
    const saved = matrixFile('m.json', exec, refused);
    const wanted = expectationsFile('{open: false, why: shells}');
    const json = join(folder, 'judged.json');
    const { out, err } = await midplane([
      'report',
      saved,
      '--expect',
      wanted,
      '-o',
      'table',
      '-o',
      `json=${json}`,
    ]);
    expect(out).toContain('1 of 2 cells is not as expected');
    expect(out.replace(/\s+/g, ' ')).toContain(
      'exec / none / self-signed: expected open: false, seen verdict: impersonated (shells),',
    );
    expect(err).toContain('1 of 2 cells is not as expected');
    expect((await midplane(['report', json, '-o', 'junit'])).out).toContain('failures="1"');
    expect((await midplane(['report', json])).code).toBe(1);
  });

  test.each([
    [
      'a mistake in the file',
      '{path: exce, open: false}',
      'e.yaml:5:14: unknown path "exce"; did you mean "exec"?',
    ],
    ['another one', '{path: exec}', 'e.yaml:5:7: expects nothing; say open, verdict or parts'],
  ])('tells where %s is, and judges nothing', async (_, line, words) => {
    const { code, out, err } = await midplane([
      'report',
      matrixFile('m.json', exec),
      '--expect',
      expectationsFile(line),
    ]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(words);
  });

  test.each([
    [['--baseline', join(folder, 'none.yaml')], '--write-baseline'],
    [['--write-baseline'], 'error: --write-baseline is set without --baseline\nhint: '],
    [['--expect', join(folder, 'none.yaml')], 'no such file or directory'],
  ])('%j is a mistake', async (args, words) => {
    const { code, err } = await midplane(['report', matrixFile('m.json', exec), ...args]);
    expect(code).toBe(2);
    expect(err).toContain(words);
  });

  test('a file that speaks of nothing that was run is a mistake: it would always pass', async () => {
    const saved = matrixFile('m.json', exec);
    const { code, err } = await midplane([
      'report',
      saved,
      '--expect',
      expectationsFile('{path: logs, open: false}'),
    ]);
    expect(code).toBe(2);
    expect(err).toContain('speaks of no cell that was run\nhint: ');
  });

  test('a document that is no matrix is a mistake', async () => {
    const { code, err } = await midplane(['report', file('x.json', '{}')]);
    expect({ code, err }).toEqual({
      code: 2,
      err: `error: "${join(folder, 'x.json')}" is no interception matrix: the document has no apiVersion\nhint: midplane matrix -o json=FILE writes one\n`,
    });
  });
});

describe('a baseline', () => {
  test('is written, accepts what it knows, fails what opens, and tells what closed', async () => {
    const baseline = join(folder, 'baseline.yaml');
    const before = matrixFile('before.json', exec, refused);
    const written = await midplane(['report', before, '--baseline', baseline, '--write-baseline']);
    expect(written.code).toBe(0);
    expect(written.err).toContain('1 open cell is accepted from now on');
    expect((await midplane(['report', before, '--baseline', baseline])).code).toBe(0);
    const worse = matrixFile('worse.json', exec, { ...refused, verdict: 'impersonated' });
    const opened = await midplane(['report', worse, '--baseline', baseline]);
    expect(opened.code).toBe(1);
    expect(opened.out).toContain('exec / kubelet-ca / self-signed: expected open: false');
    const better = matrixFile('better.json', { ...exec, verdict: 'refused' }, refused);
    const closed = await midplane(['report', better, '--baseline', baseline]);
    expect(closed.code).toBe(0);
    expect(closed.out).toContain('closed now  exec / none / self-signed');
  });
});
