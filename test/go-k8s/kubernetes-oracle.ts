import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Kubernetes' own libraries (k8s.io/api and k8s.io/apimachinery of go.mod beside this file), compiled and asked. Whoever uses it
 * gives its tests `whyNoOracle()` to skip by, because go, or its modules, may be missing where the tests run.
 */
export interface KubernetesOracle extends Disposable {
  /** One answer a question, in order; main.go has the operations. */
  ask(questions: readonly Question[]): unknown[];
}

export interface Question {
  readonly operation: string;
  readonly [key: string]: unknown;
}

const source = ['test/go-k8s', resolve(__dirname, '../../../test/go-k8s')].find((directory) =>
  existsSync(join(directory, 'go.mod')),
);

/** A machine that never compiled these modules compiles them first. */
export const coldBuildMs = 300_000;

/** The reason why nobody can be asked; null when somebody can. */
export function whyNoOracle(): string | null {
  if (source === undefined) return 'test/go-k8s is not here';
  if (spawnSync('go', ['version']).status !== 0) return 'go is not installed';
  const timeout = 60_000;
  const download = spawnSync('go', ['mod', 'download'], { cwd: source, encoding: 'utf8', timeout });
  if (download.status !== 0) return 'the modules of test/go-k8s/go.mod cannot be had';
  return null;
}

export function buildOracle(): KubernetesOracle {
  const directory = mkdtempSync(join(tmpdir(), 'midplane-go-'));
  const program = join(directory, 'oracle');
  const build = spawnSync('go', ['build', '-mod=readonly', '-o', program, '.'], {
    cwd: source ?? '',
    encoding: 'utf8',
  });
  if (build.status !== 0) throw new Error(build.stderr);
  return {
    ask(questions) {
      const input = questions.map((question) => `${JSON.stringify(question)}\n`).join('');
      const run = spawnSync(program, { input, encoding: 'utf8', maxBuffer: 2 ** 28 });
      if (run.status !== 0) throw new Error(run.stderr);
      return run.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);
    },
    [Symbol.dispose]() {
      rmSync(directory, { recursive: true });
    },
  };
}
