import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readScenarioFile } from './read-scenario-file';
import type { ScenarioFile } from './scenario-file';

/** Compiled, this file is three folders below the package. */
export const shippedFolder = join(__dirname, '..', '..', '..', 'scenarios');

/** The scenario files of the package, in the order in which they teach. */
export function shippedFiles(): readonly ScenarioFile[] {
  return readdirSync(shippedFolder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => readShipped(name))
    .sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1));
}

function readShipped(name: string): ScenarioFile {
  const read = readScenarioFile(readFileSync(join(shippedFolder, name), 'utf8'));
  if (read.kind === 'scenario') return read.scenario;
  const [first] = read.findings;
  throw new Error(
    `the package is damaged: scenarios/${name}:${first?.line}:${first?.column}: ${first?.text}`,
  );
}
