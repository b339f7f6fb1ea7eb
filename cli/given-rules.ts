import { parseRules } from '../attacker/parse-rules';
import type { Rule } from '../attacker/rules';
import { MidplaneError } from '../error';
import { jsonValue } from '../wire/go-json';
import { parseGoYaml } from '../wire/go-yaml';
import { readNamedFile } from './read-named-file';

export interface GivenRules {
  /** A file in YAML or JSON. */
  readonly rules?: string;
  /** Each one rule, in the same words. */
  readonly rule?: readonly string[];
}

/** Those of the file first. Undefined: none were given. Throws MidplaneError USAGE, which names the rule and its value. */
export async function givenRules({
  rules: file,
  rule = [],
}: GivenRules): Promise<readonly Rule[] | undefined> {
  if (file === undefined && rule.length === 0) return undefined;
  const ofFile = file === undefined ? [] : readRules(await readNamedFile(file), `in ${file}, `);
  return [...ofFile, ...rule.flatMap((text) => readRules(text, `in --rule ${JSON.stringify(text)}, `))];
}

function readRules(text: string, where: string): readonly Rule[] {
  const yaml = parseGoYaml(text);
  if (yaml.kind === 'syntax-error') {
    throw new MidplaneError('USAGE', `${where}${yaml.text}`, {
      hint: "for example --rule 'replace: {stream: logs, match: ERROR, with: fine}'; put texts in quotes",
    });
  }
  const parsed = parseRules(jsonValue(yaml.node));
  if (parsed.kind === 'rules') return parsed.rules;
  throw new MidplaneError('USAGE', `${where}${parsed.text}`, { hint: parsed.hint });
}

/** Rules are played by a relay: nobody else has two sides whose streams could be changed. */
export function refuseRulesWithout(technique: string, rules: readonly Rule[] | undefined): void {
  if (rules === undefined || technique === 'relay') return;
  throw new MidplaneError('USAGE', `technique "${technique}" plays no rules`, {
    hint: 'a relay does: --technique relay',
  });
}
