import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import Ajv2020 from 'ajv/dist/2020';
import { jsonValue } from '../wire/go-json';
import { parseGoYaml } from '../wire/go-yaml';
import { scenarioSchema } from './scenario-schema';
import { schemaText } from './schema';

const root = join(__dirname, '..', '..');
const validate = new Ajv2020({ allErrors: true, strict: true }).compile(scenarioSchema);
const files = readdirSync(join(root, 'scenarios')).filter((name) => name.endsWith('.yaml'));

function documentOf(name: string): unknown {
  const yaml = parseGoYaml(readFileSync(join(root, 'scenarios', name), 'utf8'));
  if (yaml.kind === 'syntax-error') throw new Error(yaml.text);
  return jsonValue(yaml.node);
}

describe('the schema of scenario files', () => {
  test.each(files)('accepts %s, which names it for editors', (name) => {
    expect([validate(documentOf(name)), validate.errors]).toEqual([true, null]);
    const [first] = readFileSync(join(root, 'scenarios', name), 'utf8').split('\n');
    expect(first).toBe('# yaml-language-server: $schema=../report/scenario.schema.json');
  });

  test.each<[string, string, unknown]>([
    ['another kind', 'kind', 'Scene'],
    ['an unknown field', 'spec.attackr', {}],
    ['a path that does not exist', 'spec.user.0.path', 'log'],
    ['a technique that does not exist', 'spec.attacker.technique', 'mitm'],
    ['a twin that differs in two things', 'spec.twin.change.side', 'node'],
    ['an expectation without an outcome', 'spec.expect.outcome', undefined],
    ['no sources', 'spec.sources', []],
  ])('refuses %s', (_, path, value) => {
    const document = documentOf('use-the-flag.yaml');
    const names = path.split('.');
    const last = names.pop() ?? '';
    let around = document as Record<string, unknown>;
    for (const name of names) around = around[name] as Record<string, unknown>;
    if (value === undefined) delete around[last];
    else around[last] = value;
    expect(validate(document)).toBe(false);
  });

  test('is the text of the published file: midplane lint --schema prints it anew', () => {
    const published = readFileSync(join(root, 'report', 'scenario.schema.json'), 'utf8');
    expect(published).toBe(schemaText(scenarioSchema));
  });
});
