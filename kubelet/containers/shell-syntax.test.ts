import { describe, expect, test } from '@jest/globals';
import { parseShell, type Step } from './shell-syntax';

/** A script as one line: words with their parts joined, so that a table can show it. */
function shown(steps: readonly Step[]): string {
  return steps
    .map(({ after, negated, commands }) => {
      const pipeline = commands.map(({ assignments, words, redirections }) =>
        [
          ...assignments.map(({ name, value }) => `${name}:=${word(value)}`),
          ...words.map(word),
          ...redirections.map((it) =>
            it.kind === 'file' ? `<${it.fd} ${it.mode} ${word(it.path)}>` : `<${it.fd} is ${word(it.of)}>`,
          ),
        ].join(' '),
      );
      return `${after}${negated ? ' !' : ''} ${pipeline.join(' | ')}`;
    })
    .join(' ');
}

function word(parts: Step['commands'][0]['words'][0]): string {
  return parts
    .map((it) => {
      if (it.kind === 'text') return it.quoted ? `'${it.text}'` : it.text;
      return `${it.quoted ? '"' : ''}$${it.name}${it.otherwise === null ? '' : `:-${it.otherwise}`}`;
    })
    .join('');
}

describe('parseShell', () => {
  test.each([
    ['', ''],
    ['  # only a comment', ''],
    ['echo hi', '; echo hi'],
    ['a; b\nc', '; a ; b ; c'],
    ['a && b || c', '; a && b || c'],
    ['a |\n b | c', '; a | b | c'],
    ['! a', '; ! a'],
    ['echo a#b #c', '; echo a#b'],
    [`echo 'a b'"c d"e\\ f`, `; echo 'a b''c d'e' 'f`],
    ['echo "x $A ${B:-y z} \\$C"', `; echo 'x '"$A' '"$B:-y z' $C'`],
    ['echo $? $$ $1 $', "; echo $? $$ $1 '$'"],
    ['A=1 B="2 3" env', "; A:=1 B:='2 3' env"],
    ['env A=1', '; env A=1'],
    ['cat <in >out 2>>err', '; cat <0 read in> <1 truncate out> <2 append err>'],
    ['a 2>&1 >&2', '; a <2 is 1> <1 is 2>'],
    ['> empty', '; <1 truncate empty>'],
    ['a \\\n b', '; a b'],
    ["echo ''", "; echo ''"],
  ])('reads %j', (text, expected) => {
    const parsed = parseShell(text);
    expect(parsed.kind).toBe('script');
    if (parsed.kind === 'script') expect(shown(parsed.steps)).toBe(expected);
  });

  test.each(["echo 'a", 'echo "a', 'a |', 'a &&', 'echo \\', 'a >', 'echo ${A'])(
    'waits for the rest of %j',
    (text) => {
      expect(parseShell(text)).toEqual({ kind: 'incomplete' });
    },
  );

  test.each([
    ['; a', 'syntax error: unexpected ";"'],
    ['a & b', 'syntax error: unexpected "&"'],
    ['(a)', 'syntax error: unexpected "("'],
    ['a | | b', 'syntax error: unexpected "|"'],
    ['a > > b', 'syntax error: unexpected ">"'],
    ['echo $(id)', 'syntax error: command substitution is not part of this shell'],
    ['echo `id`', 'syntax error: command substitution is not part of this shell'],
    ['cat << EOF', 'syntax error: "<<" is not part of this shell'],
    ['echo ${A B}', 'syntax error: bad substitution'],
  ])('refuses %j', (text, expected) => {
    expect(parseShell(text)).toEqual({ kind: 'syntax-error', text: expected });
  });
});
