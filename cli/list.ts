import { MidplaneError } from '../error';
import { baselineSchema, expectationsSchema } from '../lab/expectations/schema';
import { allScenarios } from '../lab/scenario-files/all-scenarios';
import { interceptionMatrixSchema, schemaText } from '../report/schema';
import { hanging } from '../report/text';
import { certificateWords } from '../scenarios/certificate-words';
import { defences, paths, positions, techniques, verdicts } from '../scenarios/vocabulary';
import { parseOutputs } from './outputs';
import { exitCodes, type Terminal } from './terminal';

const named = allScenarios.map(({ id, title, setting }) => ({ id, title, setting, since: '0.1.0' }));
const vocabulary = { paths, defences, techniques, positions, verdicts, scenarios: named };
type Group = keyof typeof vocabulary;
const documents = ['matrix', 'expectations', 'baseline'] as const;
const schemas = {
  matrix: interceptionMatrixSchema,
  expectations: expectationsSchema,
  baseline: baselineSchema,
};
const groups = Object.keys(vocabulary) as readonly Group[];

export function list(
  what: string | undefined,
  given: { output?: readonly string[]; schema?: boolean | string },
  terminal: Terminal,
): number {
  if (given.schema !== undefined && given.schema !== false) {
    const name = documents.find((it) => it === (given.schema === true ? 'matrix' : given.schema));
    if (name === undefined) {
      throw new MidplaneError('USAGE', `there is no schema of "${given.schema}"`, {
        hint: `known documents: ${documents.join(', ')}`,
      });
    }
    terminal.write(schemaText(schemas[name]));
    return exitCodes.ok;
  }
  const group = groups.find((it) => it === what || it === `${what}s`);
  if (what !== undefined && group === undefined) {
    throw new MidplaneError('USAGE', `there is no list of "${what}"`, {
      hint: `known lists: ${groups.join(', ')}`,
    });
  }
  const [output] = parseOutputs(given.output ?? ['table'], ['table', 'json'] as const);
  const chosen = group === undefined ? groups : [group];
  if (output?.format === 'json') {
    const document = Object.fromEntries(chosen.map((it) => [it, vocabulary[it]]));
    terminal.write(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    terminal.write(chosen.map(tableOf).join('\n'));
  }
  return exitCodes.ok;
}

function tableOf(group: Group): string {
  const words = vocabulary[group];
  const width = Math.max(...words.map((word) => word.id.length));
  const rows = words.map(
    (word) =>
      `  ${word.id.padEnd(width)}  ${word.title}${word.since === null ? '  (not run by this release)' : ''}`,
  );
  return `${group}\n${rows.join('\n')}\n${group === 'techniques' ? joining : ''}`;
}

const joining = [
  '  Words about the certificate can be joined, in any order, as in rogue-ca--expired:',
  ...hanging('  ', certificateWords.join(', '), 100),
  '',
].join('\n');
