import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { MidplaneError } from '../error';
import { hasXmllint, junitFaults, sarifFaults } from '../report/schemas.test.fixtures';
import { tellFaults } from './fault-outputs';
import type { Terminal } from './terminal';

const folder = mkdtempSync(join(tmpdir(), 'midplane-faults-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const outputs = ['table', 'json', 'junit', 'sarif', 'markdown', 'html'].map((format) => ({
  format,
  file: join(folder, format),
}));

function session(): { terminal: Terminal; warned: () => string } {
  let warned = '';
  const terminal: Terminal = {
    write: () => undefined,
    warn: (text) => {
      warned += text;
    },
    signal: new AbortController().signal,
    colour: false,
    width: null,
    progress: false,
  };
  return { terminal, warned: () => warned };
}

test('a lab that fails is told in every output that a program reads, as a fault and not as a failure', async () => {
  const { terminal, warned } = session();
  const error = new MidplaneError('LAB_START_FAILED', 'no port is <free>', { hint: 'close some' });
  await expect(tellFaults('midplane matrix', outputs, terminal, () => Promise.reject(error))).rejects.toBe(
    error,
  );
  const read = (format: string): string => readFileSync(join(folder, format), 'utf8');
  expect(warned().match(/wrote /g)).toHaveLength(5);
  expect(JSON.parse(read('json'))).toMatchObject({ kind: 'LabFault', code: 'LAB_START_FAILED' });
  expect(read('junit')).toContain(
    '<error type="LAB_START_FAILED" message="no port is &lt;free&gt;">close some</error>',
  );
  expect(JSON.parse(read('sarif'))).toMatchObject({
    runs: [{ invocations: [{ executionSuccessful: false }] }],
  });
  expect(read('markdown')).toContain('Nothing was judged.');
  expect(read('html')).toContain('no port is &lt;free&gt; (close some)');
  expect(sarifFaults(read('sarif'))).toEqual([]);
  expect(hasXmllint ? junitFaults(read('junit')) : '').toBe('');
});

test('a mistake of the user is written nowhere', async () => {
  const { terminal, warned } = session();
  const error = new MidplaneError('USAGE', 'unknown path "log"');
  await expect(tellFaults('midplane matrix', outputs, terminal, () => Promise.reject(error))).rejects.toBe(
    error,
  );
  expect(warned()).toBe('');
});
