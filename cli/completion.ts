import type { Command } from 'commander';
import { defenceIds, pathIds, techniqueIds, verdictIds } from '../scenarios/vocabulary';

/** Completion scripts, made from the tree of verbs and the vocabulary. They run nothing of ours when Tab is pressed. */
export function completionScript(shell: 'bash' | 'zsh' | 'fish', program: Command): string {
  const verbs = program.commands.map((command) => ({
    name: command.name(),
    summary: command.description().split('\n')[0] ?? '',
    options: command.options.flatMap((option) =>
      option.long === undefined || option.long === null ? [] : [option.long],
    ),
  }));
  switch (shell) {
    case 'bash':
      return bash(verbs);
    case 'zsh':
      return `autoload -U +X bashcompinit && bashcompinit\n${bash(verbs)}`;
    case 'fish':
      return fish(verbs);
  }
}

interface Verb {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly string[];
}

const values: Readonly<Record<string, readonly string[]>> = {
  '--path': pathIds,
  '--defence': defenceIds,
  '--technique': techniqueIds,
  '--output': ['table', 'wide', 'json', 'markdown', 'story', 'text'],
};

const argumentsOf: Readonly<Record<string, readonly string[]>> = {
  explain: [...pathIds, ...defenceIds, ...techniqueIds, ...verdictIds],
  list: ['paths', 'defences', 'techniques', 'verdicts'],
  completion: ['bash', 'zsh', 'fish'],
};

function bash(verbs: readonly Verb[]): string {
  const afterOption = Object.entries(values).map(
    ([option, words]) => `    ${option}) words="${words.join(' ')}" ;;`,
  );
  const ofVerb = verbs.map(
    ({ name, options }) => `    ${name}) words="${[...(argumentsOf[name] ?? []), ...options].join(' ')}" ;;`,
  );
  return [
    '_midplane() {',
    '  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" words',
    '  case "$before" in',
    ...afterOption,
    '    *) case "${COMP_WORDS[1]}" in',
    ...ofVerb.map((line) => `  ${line}`),
    '      esac ;;',
    '  esac',
    `  if [ "$COMP_CWORD" -eq 1 ]; then words="${verbs.map((verb) => verb.name).join(' ')}"; fi`,
    '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
    '}',
    'complete -F _midplane midplane',
    '',
  ].join('\n');
}

function fish(verbs: readonly Verb[]): string {
  const lines = ['complete -c midplane -f'];
  for (const { name, summary, options } of verbs) {
    lines.push(
      `complete -c midplane -n __fish_use_subcommand -a ${name} -d '${summary.replaceAll("'", '’')}'`,
    );
    const inVerb = `-n '__fish_seen_subcommand_from ${name}'`;
    for (const option of options) {
      const words = values[option];
      const takes = words === undefined ? '' : ` -x -a '${words.join(' ')}'`;
      lines.push(`complete -c midplane ${inVerb} -l ${option.replace(/^--/, '')}${takes}`);
    }
    const words = argumentsOf[name];
    if (words !== undefined) lines.push(`complete -c midplane ${inVerb} -a '${words.join(' ')}'`);
  }
  return `${lines.join('\n')}\n`;
}
