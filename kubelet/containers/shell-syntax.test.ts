import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseShell } from './shell-syntax';
import type { Command, List, Word } from './shell-tree';

/** A script as one line, so that a table can show it. */
function shown(list: List): string {
  return list
    .map(({ pipelines, background }) => {
      const joined = pipelines.map(({ after, negated, commands }) => {
        return `${after}${negated ? ' !' : ''} ${commands.map(command).join(' | ')}`;
      });
      return joined.join(' ') + (background ? ' &' : '');
    })
    .join(' ');
}

function command(it: Command): string {
  switch (it.kind) {
    case 'function':
      return `${it.name}() ${command(it.body)}`;
    case 'simple': {
      const redirections = it.redirections.map((to) => {
        if (to.kind === 'file') return `<${to.fd} ${to.mode} ${word(to.path)}>`;
        return to.kind === 'duplicate'
          ? `<${to.fd} is ${word(to.of)}>`
          : `<${to.fd} here ${word(to.content)}>`;
      });
      const assigned = it.assignments.map(({ name, value }) => `${name}:=${word(value)}`);
      return [...assigned, ...it.words.map(word), ...redirections].join(' ');
    }
    case 'compound': {
      const { command: inner } = it;
      switch (inner.kind) {
        case 'group':
        case 'subshell':
          return `${inner.kind}[${shown(inner.body)}]`;
        case 'if': {
          const clauses = inner.clauses.map(
            ({ condition, body }) => `if[${shown(condition)}]then[${shown(body)}]`,
          );
          return clauses.join('') + (inner.otherwise === null ? '' : `else[${shown(inner.otherwise)}]`);
        }
        case 'while':
          return `${inner.until ? 'until' : 'while'}[${shown(inner.condition)}]do[${shown(inner.body)}]`;
        case 'for':
          return `for ${inner.name} in[${inner.words?.map(word).join(' ') ?? '@'}]do[${shown(inner.body)}]`;
        case 'case':
          return `case ${word(inner.word)}${inner.arms.map((arm) => ` ${arm.patterns.map(word).join('|')})[${shown(arm.body)}]`).join('')}`;
      }
    }
  }
}

function word(parts: Word): string {
  return parts
    .map((it) => {
      if (it.kind === 'text') return it.quoted ? `'${it.text}'` : it.text;
      const quote = it.quoted ? '"' : '';
      if (it.kind === 'command') return `${quote}$(${shown(it.commands)})`;
      if (it.kind === 'arithmetic') return `${quote}$((${word(it.expression)}))`;
      const operator = it.operator === null ? '' : `${it.colon ? ':' : ''}${it.operator}${word(it.word)}`;
      return `${quote}$${it.length ? '#' : ''}${it.name}${operator}`;
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
    ['a & b', '; a & ; b'],
    ['a |\n b | c', '; a | b | c'],
    ['! a', '; ! a'],
    ['(a; b) | c', '; subshell[; a ; b] | c'],
    ['{ a; }', '; group[; a]'],
    ['echo a#b #c', '; echo a#b'],
    [`echo 'a b'"c d"e\\ f`, `; echo 'a b''c d'e' 'f`],
    ['echo "x $A ${B:-y z} \\$C"', `; echo 'x '"$A' '"$B:-'y z'' $C'`],
    ['echo $? $$ $1 $ ${#A} ${A##*/} ${A%%.*}', "; echo $? $$ $1 '$' $#A $A##*/ $A%%.*"],
    ['A=1 B="2 3" env', "; A:=1 B:='2 3' env"],
    ['env A=1', '; env A=1'],
    ['cat <in >out 2>>err', '; cat <0 read in> <1 truncate out> <2 append err>'],
    ['a 2>&1 >&2', '; a <2 is 1> <1 is 2>'],
    ['> empty', '; <1 truncate empty>'],
    ['a \\\n b', '; a b'],
    ["echo ''", "; echo ''"],
    ['if a; then b; elif c; then d; else e; fi', '; if[; a]then[; b]if[; c]then[; d]else[; e]'],
    ['while a; do b; done; until c\ndo d\ndone', '; while[; a]do[; b] ; until[; c]do[; d]'],
    ['for i in 1 2; do a; done', '; for i in[1 2]do[; a]'],
    ['for i do a; done', '; for i in[@]do[; a]'],
    ['case $x in a|b) c;; (*) d; esac', '; case $x a|b)[; c] *)[; d]'],
    ['f() { a; }', '; f() group[; a]'],
    ['echo $(a; b) `c \\`d\\``', '; echo $(; a ; b) $(; c $(; d))'],
    ['echo $((1 + (2)))', "; echo $(('1 + (2)'))"],
    ['cat <<E\na $B\nE\nc', `; cat <0 here 'a '$B'\n'> ; c`.replace("'$B'", `'"$B'`)],
    ["cat <<'E'\na $B\nE", "; cat <0 here 'a $B\n'>"],
    ['cat <<-E\n\ta\n\tE\n', "; cat <0 here 'a\n'>"],
    ['echo if then; echo }', '; echo if then ; echo }'],
  ])('reads %j', (text, expected) => {
    const parsed = parseShell(text);
    expect(parsed.kind === 'script' ? shown(parsed.list) : parsed).toBe(expected);
  });

  test.each([
    ["echo 'a", 'syntax error: unterminated quoted string'],
    ['echo "a', 'syntax error: unterminated quoted string'],
    ['a |', 'syntax error: unexpected end of file'],
    ['a &&', 'syntax error: unexpected end of file'],
    ['echo \\', 'syntax error: unterminated quoted string'],
    ['echo ${A', "syntax error: missing '}'"],
    ['if a; then b', 'syntax error: unexpected end of file'],
    ['while a; do b', 'syntax error: unexpected end of file (expecting "done")'],
    ['(a', 'syntax error: unexpected end of file (expecting ")")'],
    ['cat <<E\na', 'syntax error: unexpected end of file (expecting "E")'],
    ['echo $(a', 'syntax error: unexpected end of file (expecting ")")'],
    ['f() {', 'syntax error: unexpected end of file (expecting "}")'],
  ])('waits for the rest of %j', (text, expected) => {
    expect(parseShell(text)).toMatchObject({ kind: 'incomplete', text: expected });
  });

  test.each([
    ['; a', 'syntax error: unexpected ";"'],
    ['a | | b', 'syntax error: unexpected "|"'],
    ['a > > b', 'syntax error: unexpected ">"'],
    ['a ;; b', 'syntax error: unexpected ";;"'],
    ['a)', 'syntax error: unexpected ")"'],
    ['fi', 'syntax error: unexpected "fi"'],
    ['if a; fi', 'syntax error: unexpected "fi"'],
    ['echo ${A B}', 'syntax error: bad substitution'],
    ['('.repeat(200), 'syntax error: nested too deeply'],
    ['echo '.concat('$('.repeat(200)), 'syntax error: nested too deeply'],
  ])('refuses %j', (text, expected) => {
    expect(parseShell(text)).toEqual({ kind: 'syntax-error', text: expected });
  });

  test('has an answer for whatever it is given', () => {
    const piece = fc.constantFrom(
      ...[
        'a',
        ' ',
        '\n',
        ';',
        '|',
        '&',
        '(',
        ')',
        '{',
        '}',
        '<',
        '>',
        '<<E',
        '\nE\n',
        '"',
        "'",
        '\\',
        '$',
        '${',
        '$(',
        '$((',
        '`',
      ],
      ...[
        'if ',
        'then ',
        'fi',
        'for i ',
        'in ',
        'do ',
        'done',
        'case ',
        'esac',
        'while ',
        '!',
        '#',
        ':-',
        '##',
        '=',
        '*',
        '\u00a0',
        '\0',
      ],
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 40 }).map((it) => it.join('')),
    );
    fc.assert(
      fc.property(text, (script) => {
        expect(['script', 'incomplete', 'syntax-error']).toContain(parseShell(script).kind);
      }),
      { numRuns: 3000 },
    );
  });
});
