import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import Ajv2020 from 'ajv/dist/2020';
import { parse } from 'yaml';
import { schemaText } from '../../report/schema';
import { readBaseline } from './read-baseline';
import { readExpectations } from './read-expectations';
import { baselineSchema, expectationsSchema } from './schema';

const head = 'apiVersion: midplane/v1\nkind: Expectations\nspec:\n  expect:\n';
const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false });
const valid = ajv.compile(expectationsSchema);
const validBaseline = ajv.compile(baselineSchema);

function faultsOf(text: string): string[] {
  const reading = readExpectations(text, 'e.yaml');
  if (reading.kind === 'read') return [];
  return reading.faults.map(({ at, text: words }) => `${at.line}:${at.column} ${words}`);
}

describe('expectations', () => {
  test.each([
    [
      'all of it',
      `${head}    - {path: [exec, 'logs*'], defence: none, technique: '*', position: arp, side: both, verdict: [refused, sealed], parts: {read.up: false, credential: null}, why: x}\n`,
    ],
    ['JSON', '{"apiVersion": "midplane/v1", "kind": "Expectations", "spec": {"expect": [{"open": false}]}}'],
    [
      'an alias',
      `${head}    - path: &p exec\n      open: false\n    - path: *p\n      parts: {forged: false}\n`,
    ],
    ['with metadata', `metadata: {name: ours}\n${head}    - open: false\n`],
  ])('reads %s, and so does the schema', (_, text) => {
    expect(faultsOf(text)).toEqual([]);
    expect(valid(parse(text))).toBe(true);
  });

  test.each([
    [
      'a path',
      `${head}    - path: exce\n      open: false\n`,
      '5:13 unknown path "exce"; did you mean "exec"?',
    ],
    [
      'a defence',
      `${head}    - defence: [none, kubelet_ca]\n      open: false\n`,
      '5:23 unknown defence "kubelet_ca"; did you mean "kubelet-ca"',
    ],
    [
      'a technique',
      `${head}    - technique: relais\n      open: false\n`,
      '5:18 unknown technique "relais"; did you mean "relay"',
    ],
    ['a verdict', `${head}    - verdict: refuse\n`, '5:16 unknown verdict "refuse"; did you mean "refused"?'],
    [
      'a field',
      `${head}    - {path: exec, opne: false, open: true}\n`,
      '5:20 unknown field "opne" in spec.expect[0]; did you mean "open"?',
    ],
    [
      'a part',
      `${head}    - parts:\n        read_up: false\n`,
      '6:9 unknown field "read_up" in spec.expect[0].parts; did you mean',
    ],
    [
      'a part that is no word',
      `${head}    - parts: {forged: maybe}\n`,
      '5:23 spec.expect[0].parts.forged is "maybe"; it is true or false',
    ],
    ['a credential', `${head}    - parts: {credential: stolen}\n`, '5:27 unknown credential "stolen"'],
    [
      'a wildcard that means nothing',
      `${head}    - {path: 'kubelt*', open: false}\n`,
      '5:14 "kubelt*" matches no path',
    ],
    [
      'open that is no flag',
      `${head}    - open: no way\n`,
      '5:13 spec.expect[0].open is "no way"; it is true or false',
    ],
    ['both', `${head}    - {open: false, verdict: refused}\n`, '5:8 says both open and verdict'],
    ['nothing', `${head}    - {path: exec}\n`, '5:7 expects nothing'],
    [
      'an empty list',
      'apiVersion: midplane/v1\nkind: Expectations\nspec: {expect: []}\n',
      '3:16 spec.expect expects nothing',
    ],
    [
      'another kind',
      'apiVersion: midplane/v1\nkind: Scenario\nspec: {expect: [{open: false}]}\n',
      '2:7 unknown kind "Scenario"; known: Expectations',
    ],
    [
      'another version',
      'apiVersion: v1\nkind: Expectations\nspec: {expect: [{open: false}]}\n',
      '1:13 unknown apiVersion "v1"; known: midplane/v1',
    ],
    ['no spec', 'apiVersion: midplane/v1\nkind: Expectations\n', '1:1 spec is not there; it is an object'],
    ['a list', '- open\n', '1:1 the document is ["open"]; it is an object'],
    ['no YAML', 'apiVersion: "midplane\n', '2:1 yaml: line 2: missing closing "quote'],
    ['two fields of one name', `${head}    - open: false\n      open: true\n`, '6:7 map keys must be unique'],
    ['two documents', `${head}    - open: false\n---\nkind: x\n`, '6:1 a second document'],
    ['a star without quotes', `${head}    - path: *\n`, 'a wildcard needs quotes: "*"'],
    ['nothing at all', '', '1:1 the document is empty; it is an object'],
  ])('says where %s is wrong, and which word is near', (_, text, fault) => {
    expect(faultsOf(text).join('\n')).toContain(fault);
  });

  test('all faults are told at once', () => {
    expect(faultsOf(`${head}    - path: exce\n      verdict: refuse\n`)).toHaveLength(2);
  });

  test.each([
    ['an unknown path', `${head}    - {path: exce, open: false}\n`],
    ['an unknown field', `${head}    - {opne: false, open: true}\n`],
    ['open and verdict', `${head}    - {open: false, verdict: refused}\n`],
    ['nothing', `${head}    - {path: exec}\n`],
  ])('the schema refuses %s too', (_, text) => {
    expect(valid(parse(text))).toBe(false);
  });
});

describe('a baseline', () => {
  const entry = (words: string): string =>
    `apiVersion: midplane/v1\nkind: Baseline\nspec:\n  open:\n    - {${words}}\n`;

  test.each([
    ['a wildcard', 'path: "*", defence: none, technique: tap, verdict: relayed', 'unknown path "*"'],
    [
      'a verdict that is not open',
      'path: exec, defence: none, technique: tap, verdict: refused',
      'unknown open verdict "refused"',
    ],
    ['half an entry', 'path: exec, verdict: relayed', 'spec.open[0].defence is not there'],
  ])('refuses %s', (_, words, fault) => {
    const reading = readBaseline(entry(words), 'b.yaml');
    expect(reading.kind === 'faults' ? reading.faults.map(({ text }) => text).join('\n') : '').toContain(
      fault,
    );
    expect(validBaseline(parse(entry(words)))).toBe(false);
  });

  test('the schema takes what is written', () => {
    expect(validBaseline(parse(entry('path: exec, defence: none, technique: tap, verdict: relayed')))).toBe(
      true,
    );
  });
});

test.each([
  ['expectations', expectationsSchema],
  ['baseline', baselineSchema],
])('%s.schema.json is what midplane list --schema prints', (name, schema) => {
  // Tests run compiled, so the repository is three folders up.
  const file = join(__dirname, '..', '..', '..', 'lab', 'expectations', `${name}.schema.json`);
  expect(readFileSync(file, 'utf8')).toBe(schemaText(schema));
});

test('the example of docs/ci.md is read', () => {
  const page = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'ci.md'), 'utf8');
  const examples = [...page.matchAll(/```yaml\n([^`]*)```/g)].map(([, text]) => text ?? '');
  const [example = ''] = examples.filter((text) => text.includes('kind: Expectations'));
  expect(faultsOf(example)).toEqual([]);
  expect(valid(parse(example))).toBe(true);
});
