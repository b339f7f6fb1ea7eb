import type { Command } from 'commander';
import { allScenarios } from '../lab/scenario-files/all-scenarios';
import { drillIds } from '../report/drill-outcome';
import { twins } from '../report/scenario-outcome';
import { certificateWords } from '../scenarios/certificate-words';
import {
  defenceIds,
  defencesRun,
  pathIds,
  pathsRun,
  positionIds,
  positionsRun,
  techniqueIds,
  techniquesRun,
  verdictIds,
} from '../scenarios/vocabulary';

/** Completion scripts, made from the tree of verbs and the vocabulary. They run nothing of ours when Tab is pressed. */
export function completionScript(shell: 'bash' | 'zsh' | 'fish', program: Command): string {
  const verbs = program.commands.map((command) => ({
    name: command.name(),
    summary: command.description().split('\n')[0] ?? '',
    below: command.commands.map((each) => each.name()),
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
  readonly below: readonly string[];
  readonly options: readonly string[];
}

const values: Readonly<Record<string, readonly string[]>> = {
  '--path': pathsRun,
  '--defence': defencesRun,
  '--technique': techniquesRun,
  '--position': positionsRun,
  '--twin': twins,
};

const formatsOf: Readonly<Record<string, readonly string[]>> = {
  matrix: ['table', 'wide', 'json', 'junit', 'sarif', 'markdown', 'html', 'page'],
  report: ['table', 'wide', 'json', 'junit', 'sarif', 'markdown', 'html', 'page'],
  check: ['table', 'wide', 'json', 'junit', 'sarif', 'markdown', 'html', 'page'],
  run: ['story', 'json', 'junit', 'sarif', 'markdown', 'html'],
  replay: ['story', 'json', 'junit', 'sarif', 'markdown', 'html'],
  list: ['table', 'json'],
  lab: ['table', 'json'],
  'verify-cert': ['text', 'json'],
  version: ['text', 'json'],
  drill: ['table', 'json'],
  diagnose: ['text', 'json'],
  diff: ['text', 'json'],
};

const scenarioIds = allScenarios.map(({ id }) => id);

/** Of the one option that means something else in each verb. */
const onlyOf: Readonly<Record<string, readonly string[]>> = {
  drill: ['steps', 'failures', ...drillIds],
  run: scenarioIds,
};

const argumentsOf: Readonly<Record<string, readonly string[]>> = {
  explain: [...pathIds, ...defenceIds, ...techniqueIds, ...positionIds, ...verdictIds, ...scenarioIds],
  list: ['paths', 'defences', 'techniques', 'positions', 'verdicts', 'scenarios'],
  run: scenarioIds,
  record: scenarioIds,
  completion: ['bash', 'zsh', 'fish'],
  drill: ['kubelet-ca'],
};

function argumentsFor({ name, below }: Verb): readonly string[] {
  return argumentsOf[name] ?? below;
}

/** What fits, by the verb. */
function casesOf(byVerb: readonly (readonly [verb: string, words: readonly string[]])[]): string[] {
  return byVerb.map(([verb, words]) => `      ${verb}) words="${words.join(' ')}" ;;`);
}

/**
 * Bash cuts words at `=`, which stands in COMP_WORDS as a word of its own. Of a list, the part after the last comma counts,
 * and of joined words the last one.
 */
function bash(verbs: readonly Verb[]): string {
  const afterOption = Object.entries(values).map(
    ([option, words]) =>
      `    ${option}) words="${words.join(' ')}"; list=1${option === '--technique' ? '; joins=1' : ''} ;;`,
  );
  const ofVerb = verbs.map((verb) => [verb.name, [...argumentsFor(verb), ...verb.options]] as const);
  return [
    '_midplane() {',
    '  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" words="" list="" joins="" kept=""',
    '  if [ "$word" = "=" ]; then word=""',
    '  elif [ "$before" = "=" ] && [ "$COMP_CWORD" -ge 2 ]; then before="${COMP_WORDS[COMP_CWORD-2]}"; fi',
    '  case "$before" in',
    ...afterOption,
    '    --only) list=1; case "${COMP_WORDS[1]}" in',
    ...casesOf(Object.entries(onlyOf)),
    '      esac ;;',
    '    -o|--output) case "${COMP_WORDS[1]}" in',
    ...casesOf(Object.entries(formatsOf)),
    '      esac ;;',
    '    *) case "${COMP_WORDS[1]}" in',
    ...casesOf(ofVerb),
    '      esac ;;',
    '  esac',
    `  if [ "$COMP_CWORD" -eq 1 ]; then words="${verbs.map((verb) => verb.name).join(' ')}"; fi`,
    '  if [ -n "$list" ] && { [ "${COMP_WORDS[1]}" = matrix ] || [ "${COMP_WORDS[1]}" = check ] || [ "$before" = --only ]; }; then',
    '    case "$word" in *,*) kept="${word%,*},"; word="${word##*,}" ;; esac',
    '  fi',
    '  if [ -n "$joins" ]; then',
    `    case "$word" in *--*) kept="$kept\${word%--*}--"; word="\${word##*--}"; words="${certificateWords.join(' ')}" ;; esac`,
    '  fi',
    '  COMPREPLY=($(compgen -P "$kept" -W "$words" -- "$word"))',
    '}',
    'complete -F _midplane midplane',
    '',
  ].join('\n');
}

function fish(verbs: readonly Verb[]): string {
  const lines = ['complete -c midplane -f'];
  for (const verb of verbs) {
    const { name, summary, options } = verb;
    lines.push(
      `complete -c midplane -n __fish_use_subcommand -a ${name} -d '${summary.replaceAll("'", '’')}'`,
    );
    const inVerb = `-n '__fish_seen_subcommand_from ${name}'`;
    for (const option of options) {
      const byVerb = { '--output': formatsOf, '--only': onlyOf }[option];
      const words = byVerb === undefined ? values[option] : byVerb[name];
      const takes = words === undefined ? '' : ` -x -a '${words.join(' ')}'`;
      const short = option === '--output' ? ' -s o' : '';
      lines.push(`complete -c midplane ${inVerb}${short} -l ${option.replace(/^--/, '')}${takes}`);
    }
    const words = argumentsFor(verb);
    if (words.length > 0) lines.push(`complete -c midplane ${inVerb} -a '${words.join(' ')}'`);
  }
  return `${lines.join('\n')}\n`;
}
