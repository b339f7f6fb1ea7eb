import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseRules } from '../attacker/parse-rules';
import { renderStory } from '../report/story';
import type { DefenceId, PathId } from '../scenarios/vocabulary';
import { jsonValue } from '../wire/go-json';
import { parseGoYaml } from '../wire/go-yaml';
import { runScenario } from './run-scenario';

/** docs/streams.md: every example is played, and the story has the lines that the page promises. */
const page = readFileSync(resolve(__dirname, '../../docs/streams.md'), 'utf8');
const examples = [
  ...page.matchAll(
    /```sh\nmidplane run --path (\S+) --defence (\S+) --technique relay --rules rules\.yaml\n```\n\n```yaml\n(.*?)```\n\n```text\n(.*?)```/gs,
  ),
];

function rulesOf(text: string) {
  const yaml = parseGoYaml(text);
  if (yaml.kind === 'syntax-error') throw new Error(yaml.text);
  const parsed = parseRules(jsonValue(yaml.node));
  if (parsed.kind === 'malformed') throw new Error(parsed.text);
  return parsed.rules;
}

describe('the page about streams', () => {
  test('has examples, and rules that can all be read', () => {
    expect(examples).toHaveLength(3);
    const all = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = '']) => rulesOf(yaml).length);
    expect(all).toEqual([1, 2, 2, 3]);
  });

  test.each(
    examples.map(([, path = '', defence = '', yaml = '', lines = '']) => ({ path, defence, yaml, lines })),
  )(
    'the example for $path comes out as it says',
    async ({ path, defence, yaml, lines }) => {
      const outcome = await runScenario({
        path: path as PathId,
        defence: defence as DefenceId,
        technique: 'relay',
        rules: rulesOf(yaml),
      });
      const story = renderStory(outcome, { colour: false, width: 120 });
      for (const line of lines.trim().split('\n')) expect(story).toMatch(new RegExp(line));
    },
    30_000,
  );
});
