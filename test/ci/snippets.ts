import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from './packed-package';

export interface Workflow {
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly { uses: string; with?: Record<string, string> }[] }>
  >;
}

/** What a pipeline runs, in any of its languages. */
export interface Commands {
  readonly variables: Readonly<Record<string, string>>;
  readonly commands: readonly string[];
  /** The file that the pipeline takes for its test view, as the snippet says. */
  readonly junit: string;
}

export interface Hook {
  readonly entry: string;
  readonly files: string;
}

/** The blocks of docs/ci.md that people copy. */
export async function readSnippets(): Promise<{
  readonly text: string;
  /** Every line of a shell, in the order of the page. */
  readonly commands: readonly string[];
  /** The file that they expect things of. */
  readonly expectations: string;
  readonly workflow: Workflow;
  readonly gitlab: Commands;
  readonly jenkins: Commands;
  readonly hook: Hook;
}> {
  const text = await readFile(join(root, 'docs', 'ci.md'), 'utf8');
  const blocks = [...text.matchAll(/^```\w+\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
  const block = (start: string): string => {
    const found = blocks.find((it) => it.startsWith(start));
    if (found === undefined) throw new Error(`docs/ci.md has no block that starts with ${start}`);
    return found;
  };
  const { repos } = parse(block('# .pre-commit-config.yaml')) as { repos: [{ hooks: [Hook] }] };
  return {
    text,
    commands: [...text.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
      block.split('\n').filter((line) => line !== ''),
    ),
    expectations: block('# yaml-language-server'),
    workflow: parse(block('# .github/workflows/')) as Workflow,
    gitlab: gitlabCommands(block('# .gitlab-ci.yml')),
    jenkins: jenkinsCommands(block('pipeline {')),
    hook: repos[0].hooks[0],
  };
}

function gitlabCommands(block: string): Commands {
  const { midplane } = parse(block) as {
    midplane: {
      variables: Record<string, string>;
      before_script: string[];
      script: string[];
      artifacts: { reports: { junit: string } };
    };
  };
  return {
    variables: midplane.variables,
    commands: [...midplane.before_script, ...midplane.script],
    junit: midplane.artifacts.reports.junit,
  };
}

/** As much of Groovy as is used: strings in single quotes, in which \\n is a new line. */
function jenkinsCommands(block: string): Commands {
  const [junit] = [...block.matchAll(/junit '(.*)'/g)];
  return {
    variables: Object.fromEntries(
      [...block.matchAll(/^ +(MIDPLANE_\w+) = '(.*)'$/gm)].map(([, name = '', value = '']) => [
        name,
        value.replaceAll('\\n', '\n'),
      ]),
    ),
    commands: [...block.matchAll(/sh '(.*)'/g)].map(([, command = '']) => command),
    junit: junit?.[1] ?? '',
  };
}
