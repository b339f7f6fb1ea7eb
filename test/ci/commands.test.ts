import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hasXmllint, junitFaults, notValidated, sarifFaults } from '../../report/schemas.test.fixtures';
import { runBash } from './composite-action';
import { root } from './packed-package';
import { readSnippets } from './snippets';

const LIMIT_MS = 240_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'midplane-ci-page-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe(`the commands of docs/ci.md${notValidated}`, () => {
  test(
    'end well one after the other, as they stand there, and what they write is valid',
    async () => {
      const { commands, expectations } = await readSnippets();
      await cp(join(root, 'examples', 'cluster-flags'), join(folder, 'cluster'), { recursive: true });
      await writeFile(join(folder, 'expectations.yaml'), expectations);
      expect(commands.length).toBeGreaterThanOrEqual(9);
      const PATH = `${join(root, 'bin')}:${process.env['PATH']}`;
      for (const command of commands) {
        const { code, output } = await runBash(command, folder, { PATH });
        expect({ command, code, output }).toMatchObject({ code: 0 });
        const written = [...command.matchAll(/-o (\w+)=(\S+)/g)];
        for (const [, format = '', name = ''] of written) {
          const text = await readFile(join(folder, name), 'utf8');
          const faults =
            format === 'sarif'
              ? sarifFaults(text)
              : format === 'junit' && hasXmllint
                ? junitFaults(text)
                : '';
          expect({ command, faults: faults.toString() }).toEqual({ command, faults: '' });
        }
      }
    },
    LIMIT_MS,
  );
});
