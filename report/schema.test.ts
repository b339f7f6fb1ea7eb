import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import Ajv2020 from 'ajv/dist/2020';
import { renderMatrixJson } from './matrix-json';
import { sampleMatrix } from './matrix-sample.test.data';
import { interceptionMatrixSchema, schemaText } from './schema';

const validate = new Ajv2020({ allErrors: true, strict: true }).compile(interceptionMatrixSchema);

type Plain = Record<string, unknown>;

function documentWith(change: (document: Plain, cell: Plain) => void): Plain {
  const document = JSON.parse(renderMatrixJson(sampleMatrix())) as Plain & { cells: Plain[] };
  const [cell] = document.cells;
  change(document, cell ?? {});
  return document;
}

describe('the schema of the interception matrix', () => {
  test('accepts the document that is printed', () => {
    expect(validate(documentWith(() => undefined))).toBe(true);
  });

  test('accepts a document without metadata, and one with fields that came later', () => {
    const older = documentWith((document) => {
      delete document['metadata'];
    });
    const newer = documentWith((document, cell) => {
      document['signature'] = 'x';
      cell['attack'] = { technique: 'T1557' };
    });
    expect([validate(older), validate(newer)]).toEqual([true, true]);
  });

  test.each<[string, (document: Plain, cell: Plain) => void]>([
    ['another apiVersion', (document) => (document['apiVersion'] = 'midplane/v2')],
    ['another kind', (document) => (document['kind'] = 'Matrix')],
    ['no cells', (document) => delete document['cells']],
    ['a path that does not exist', (_, cell) => (cell['path'] = 'log')],
    ['a defence that does not exist', (_, cell) => (cell['defence'] = 'kubelet_ca')],
    ['a technique that does not exist', (_, cell) => (cell['technique'] = 'mitm')],
    ['words joined that cannot be', (_, cell) => (cell['technique'] = 'tap--expired')],
    ['a verdict that does not exist', (_, cell) => (cell['verdict'] = 'open')],
    ['a missing verdict', (_, cell) => delete cell['verdict']],
    ['a word for a boolean', (_, cell) => (cell['forged'] = 'yes')],
    ['a read without down', (_, cell) => (cell['read'] = { up: true })],
    ['an unknown TLS version', (_, cell) => (cell['tls'] = { version: 'SSLv3', alert: null })],
    ['an unknown kind of credential', (_, cell) => (cell['credential'] = 'seen')],
    ['an empty reason', (_, cell) => (cell['reason'] = '')],
    ['no evidence', (_, cell) => delete cell['evidence']],
    ['half a connection', (_, cell) => Object.assign(cell['evidence'] as Plain, { connections: 0.5 })],
    ['metadata without a date', (document) => delete (document['metadata'] as Plain)['startedAt']],
    [
      'a date of another calendar',
      (document) => Object.assign(document['metadata'] as Plain, { startedAt: 'today' }),
    ],
  ])('refuses %s', (_, change) => {
    expect(validate(documentWith(change))).toBe(false);
  });

  test('is the text of the published file: midplane list --schema prints it anew', () => {
    // Tests run compiled, so the repository is two folders up.
    const published = readFileSync(
      join(__dirname, '..', '..', 'report', 'interception-matrix.schema.json'),
      'utf8',
    );
    expect(published).toBe(schemaText());
    expect(JSON.parse(published)).toEqual(interceptionMatrixSchema);
  });
});
