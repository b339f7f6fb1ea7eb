import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';

/** What the outputs are held against: the schemas of others in test/schemas. Tests run compiled, in dist/. */
const schemas = join(__dirname, '..', '..', 'test', 'schemas');

/** Empty when it is a SARIF 2.1.0 log. */
export function sarifFaults(text: string): string[] {
  const log: unknown = JSON.parse(text);
  return validateSarif(log)
    ? []
    : (validateSarif.errors ?? []).map((it) => `${it.instancePath} ${it.message}`);
}

const validateSarif = compileSarif();

/** What draft 4 has otherwise than the draft that ajv reads: the name of the id, and a flag for a limit that does not count. */
function compileSarif() {
  const later = (_: string, value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || !('exclusiveMinimum' in value)) return value;
    const { minimum, exclusiveMinimum, ...rest } = value as Record<string, unknown>;
    return exclusiveMinimum === true ? { ...rest, exclusiveMinimum: minimum } : { ...rest, minimum };
  };
  const text = readFileSync(join(schemas, 'sarif-2.1.0-rtm.5.json'), 'utf8');
  const { id, ...schema } = JSON.parse(text, later) as { id: string };
  const draft7 = { ...schema, $id: id, $schema: 'http://json-schema.org/draft-07/schema#' };
  return new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false, allErrors: true }).compile(
    draft7,
  );
}

const version = spawnSync('xmllint', ['--version'], { encoding: 'utf8' });

export const hasXmllint = version.error === undefined;
export const notValidated = hasXmllint
  ? ''
  : ' (SKIPPED: no xmllint on PATH, Debian has it in libxml2-utils, so JUnit was NOT validated against its schema)';

/** What xmllint has to say of it; empty when the schema holds. */
export function junitFaults(xml: string): string {
  const args = ['--noout', '--nonet', '--schema', join(schemas, 'junit-10.xsd'), '-'];
  const { status, stderr } = spawnSync('xmllint', args, { input: xml, encoding: 'utf8' });
  return status === 0 ? '' : stderr;
}
