import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Kubectl {
  readonly path: string;
  /** `1.33` */
  readonly version: string;
}

/** The versions that midplane promises to work with. */
export const promisedVersions = ['1.20', '1.27', '1.28', '1.29', '1.30', '1.31', '1.32', '1.33'];

/**
 * Every kubectl of this machine, one a minor version: those on PATH, and those beside what they link to
 * (`kubectl.1.27`, … as Google's SDK installs them).
 */
export function findKubectls(): Kubectl[] {
  const onPath = (process.env['PATH'] ?? '')
    .split(':')
    .map((folder) => join(folder, 'kubectl'))
    .filter((path) => existsSync(path))
    .map((path) => realpathSync(path));
  const beside = onPath.flatMap((path) =>
    readdirSync(dirname(path))
      .filter((name) => /^kubectl(\.\d+\.\d+)?$/.test(name))
      .map((name) => join(dirname(path), name)),
  );
  const found = new Map<string, Kubectl>();
  for (const path of [...onPath, ...beside]) {
    const version = versionOf(path);
    if (version !== null && !found.has(version)) found.set(version, { path, version });
  }
  return [...found.values()].sort((a, b) => a.version.localeCompare(b.version, 'en', { numeric: true }));
}

/** 33 for 1.33. */
export function minor({ version }: Kubectl): number {
  return Number(version.split('.')[1]);
}

function versionOf(path: string): string | null {
  try {
    const text = execFileSync(path, ['version', '--client', '-o', 'json'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const { clientVersion } = JSON.parse(text.toString()) as {
      clientVersion: { major: string; minor: string };
    };
    return `${clientVersion.major}.${Number.parseInt(clientVersion.minor, 10)}`;
  } catch {
    return null;
  }
}
