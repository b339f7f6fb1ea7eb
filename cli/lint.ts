import { dirname } from 'node:path';
import { MidplaneError } from '../error';
import { loadPlays } from '../lab/scenario-files/load-plays';
import { readScenarioFile } from '../lab/scenario-files/read-scenario-file';
import { scenarioSchema } from '../report/scenario-schema';
import { schemaText } from '../report/schema';
import { readNamedFile } from './read-named-file';
import { exitCodes, type Terminal } from './terminal';

/** Says of every file what is wrong with it, and where. Nothing is started. */
export async function lint(
  files: readonly string[],
  given: { readonly schema?: boolean },
  terminal: Terminal,
): Promise<number> {
  if (given.schema === true) {
    terminal.write(schemaText(scenarioSchema));
    return exitCodes.ok;
  }
  if (files.length === 0) {
    throw new MidplaneError('USAGE', 'lint needs the name of a scenario file', {
      hint: 'midplane lint my-attack.yaml; --schema prints what editors want to know',
    });
  }
  let wrong = 0;
  for (const file of files) {
    const text = await readNamedFile(file);
    const read = readScenarioFile(text, loadPlays(text, dirname(file)));
    if (read.kind === 'scenario') {
      terminal.write(`${file}: ${read.scenario.name} is a scenario\n`);
      continue;
    }
    wrong += read.findings.length;
    for (const { line, column, text, hint } of read.findings) {
      terminal.write(`${file}:${line}:${column}: ${text}; ${hint}\n`);
    }
  }
  return wrong === 0 ? exitCodes.ok : exitCodes.usage;
}
