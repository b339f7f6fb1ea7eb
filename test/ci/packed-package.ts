import { execFile, spawnSync } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';

export const root = resolve(__dirname, '..', '..', '..');

/** Installing asks npm's registry for what midplane needs. */
const ping = spawnSync('npm', ['ping', '--fetch-retries=0'], { timeout: 20_000 });
export const hasRegistry = ping.status === 0;
export const notInstalled = hasRegistry
  ? ''
  : ' (SKIPPED LOUDLY: npm has no registry here, so nothing was installed and none of it was run)';

export interface Workbench extends AsyncDisposable {
  /** Empty at first. */
  readonly folder: string;
  /** What npm pack made of this checkout. */
  readonly tarball: string;
  /** A folder like one that somebody keeps his settings in: cluster/ has those of examples/cluster-flags. */
  workspace(name: string): Promise<string>;
  /** A copy of this checkout as git has it, to be installed in. */
  checkout(): Promise<string>;
}

export async function openWorkbench(): Promise<Workbench> {
  const folder = await mkdtemp(join(tmpdir(), 'midplane-ci-'));
  const args = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: root });
  return {
    folder,
    tarball: join(folder, stdout.trim()),
    workspace: async (name) => {
      await cp(join(root, 'examples', 'cluster-flags'), join(folder, name, 'cluster'), { recursive: true });
      return join(folder, name);
    },
    checkout: async () => {
      const copy = join(folder, 'checkout');
      const madeHere = ['node_modules', 'dist', '.git', 'coverage'];
      await cp(root, copy, { recursive: true, filter: (file) => !madeHere.includes(basename(file)) });
      return copy;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
