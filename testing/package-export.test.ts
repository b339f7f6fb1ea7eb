import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const root = resolve(__dirname, '..', '..');

const imports = "import { assertIntercepted, assertRefused, startLab } from 'midplane/testing';";
const requires = "const { assertIntercepted, assertRefused, startLab } = require('midplane/testing');";

/** A project of somebody's, with midplane among its packages and node:test as its runner. */
const project = (takesIn: string, takesTest: string): string => `
${takesTest}
${takesIn}
test('exec is refused', async () => {
  const lab = await startLab({ defence: 'kubelet-ca' });
  try {
    assertRefused(await lab.path('exec'));
    assertIntercepted(await lab.path('logs-skip-verify'), { as: 'impersonated' });
  } finally {
    await lab.close();
  }
});
test('exec is to be refused and is not', async () => {
  const lab = await startLab();
  try {
    assertRefused(await lab.path('exec'));
  } finally {
    await lab.close();
  }
});
`;

/** Two processes that start labs of their own, on a machine that may be busy. */
const LIMIT_MS = 60_000;

describe('midplane/testing, as another package takes it in', () => {
  test.each([
    ['import', 'exec.test.mjs', project(imports, "import test from 'node:test';")],
    ['require', 'exec.test.cjs', project(requires, "const test = require('node:test');")],
  ])(
    'by %s, under node:test',
    async (_, name, text) => {
      const folder = await mkdtemp(join(tmpdir(), 'midplane-export-'));
      try {
        await mkdir(join(folder, 'node_modules'));
        await symlink(root, join(folder, 'node_modules', 'midplane'));
        await writeFile(join(folder, name), text);
        const { code, stdout } = await run(join(folder, name));
        expect(stdout).toMatch(/^ok 1 - exec is refused$/m);
        expect(stdout).toMatch(/^not ok 2 - exec is to be refused and is not$/m);
        expect(stdout).toContain('expected exec to be refused under none, and it was impersonated');
        expect(stdout).toContain('closed by');
        expect(code).toBe(1);
      } finally {
        await rm(folder, { recursive: true });
      }
    },
    LIMIT_MS,
  );
});

function run(file: string): Promise<{ readonly code: number; readonly stdout: string }> {
  return new Promise((done) => {
    const args = ['--test-reporter=tap', file];
    execFile(process.execPath, args, { timeout: LIMIT_MS - 5_000 }, (error, stdout) =>
      done({ code: error === null ? 0 : Number(error.code), stdout }),
    );
  });
}
