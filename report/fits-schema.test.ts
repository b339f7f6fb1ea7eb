import { describe, expect, test } from '@jest/globals';
import Ajv2020 from 'ajv/dist/2020';
import { misfit } from './fits-schema';
import { judgedMatrix } from './judged-sample.test.data';
import { renderMatrixJson } from './matrix-json';
import { sampleMatrix } from './matrix-sample.test.data';
import { readMatrix } from './read-matrix';
import { interceptionMatrixSchema } from './schema';

const ajv = new Ajv2020({ strict: true }).compile(interceptionMatrixSchema);

/** Every value of the document replaced by others, one at a time. */
function* mutants(document: object): Generator<readonly [string, unknown]> {
  const others = [null, 0, -1, 0.5, 'x', '', true, [], {}, undefined];
  const places: (readonly [Record<string, unknown>, string, string])[] = [];
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, each] of Object.entries(value)) {
      places.push([value as Record<string, unknown>, name, `${path}.${name}`]);
      walk(each, `${path}.${name}`);
    }
  };
  walk(document, '');
  for (const [holder, name, path] of places) {
    const before = holder[name];
    for (const other of others) {
      holder[name] = other;
      yield [`${path} = ${JSON.stringify(other)}`, JSON.parse(JSON.stringify(document))];
    }
    holder[name] = before;
  }
}

describe('what fits the schema', () => {
  test('is what ajv says, for every value of a document replaced by others', () => {
    const document = JSON.parse(renderMatrixJson(judgedMatrix)) as object;
    const said = [...mutants(document)].map(([what, mutant]) => ({
      what,
      fits: misfit(interceptionMatrixSchema, mutant) === null,
      ajv: ajv(mutant),
    }));
    expect(said.length).toBeGreaterThan(500);
    expect(said.filter(({ ajv: fits }) => !fits).length).toBeGreaterThan(100);
    expect(said.filter(({ fits, ajv: right }) => fits !== right)).toEqual([]);
  });
});

describe('a saved matrix', () => {
  test('is read as it was written', () => {
    for (const matrix of [judgedMatrix, sampleMatrix()]) {
      const text = renderMatrixJson(matrix);
      expect(renderMatrixJson(readMatrix(text, 'm.json'))).toBe(text);
    }
  });

  test.each([
    ['{', '"m.json" is no JSON: '],
    ['[]', '"m.json" is no interception matrix: the document is [], not of type object'],
    [
      '{"apiVersion":"midplane/v1","kind":"ScenarioReport","cells":[]}',
      'kind is "ScenarioReport", not "InterceptionMatrix"',
    ],
    ['{"apiVersion":"midplane/v1","kind":"InterceptionMatrix"}', 'the document has no cells'],
    ['{"apiVersion":"midplane/v1","kind":"InterceptionMatrix","cells":[{}]}', 'cells[0] has no path'],
  ])('that is %s is refused', (text, words) => {
    expect(() => readMatrix(text, 'm.json')).toThrow(words);
  });
});
