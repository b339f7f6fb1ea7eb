import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseRules } from './parse-rules';
import { streamNames, writeRule } from './rules';

const streams = `a stream is one of ${streamNames.join(', ')}`;
const kinds = 'a rule is one of replace, inject, answer, drop, delay, cut';
const example = 'for example - replace: {stream: logs, match: ERROR, with: fine}';

describe('rules', () => {
  test('are read in every form', () => {
    const document = {
      rules: [
        { replace: { stream: 'logs', match: '/ERROR/i', with: '' } },
        { inject: { stream: 'stdin', text: 'id\n' } },
        { inject: { stream: 'stdin', text: 'id\n', when: 'open' } },
        { inject: { stream: 'stdin', text: 'id\n', when: 'idle prompt' } },
        { inject: { stream: 'stdout', text: 'hi', when: { after: '/\\$ /' } } },
        { answer: { prompt: '/password/i', with: 'hunter2' } },
        { drop: { stream: 'stderr' } },
        { delay: { ms: 20 } },
        { cut: { stream: 'forward', afterBytes: 7 } },
      ],
    };
    expect(parseRules(document)).toEqual({
      kind: 'rules',
      rules: [
        { kind: 'replace', stream: 'logs', match: '/ERROR/i', with: '' },
        { kind: 'inject', stream: 'stdin', text: 'id\n', when: { kind: 'open' } },
        { kind: 'inject', stream: 'stdin', text: 'id\n', when: { kind: 'open' } },
        { kind: 'inject', stream: 'stdin', text: 'id\n', when: { kind: 'idle-prompt' } },
        { kind: 'inject', stream: 'stdout', text: 'hi', when: { kind: 'after', match: '/\\$ /' } },
        { kind: 'answer', prompt: '/password/i', with: 'hunter2' },
        { kind: 'drop', stream: 'stderr' },
        { kind: 'delay', stream: null, ms: 20 },
        { kind: 'cut', stream: 'forward', afterBytes: 7 },
      ],
    });
  });

  test('are written as they are read', () => {
    const written = [
      { replace: { stream: 'logs', match: 'a', with: '' } },
      { inject: { stream: 'stdin', text: 'id', when: { after: 'x' } } },
      { inject: { stream: 'stdin', text: 'id', when: 'idle prompt' } },
      { inject: { stream: 'stdin', text: 'id', when: 'open' } },
      { delay: { ms: 5 } },
    ];
    const read = parseRules(written);
    expect(read.kind === 'rules' && read.rules.map(writeRule)).toEqual(written);
  });

  test('are a list, or one alone', () => {
    const drop = { drop: { stream: 'stderr' } };
    const one = { kind: 'rules', rules: [{ kind: 'drop', stream: 'stderr' }] };
    expect(parseRules([drop])).toEqual(one);
    expect(parseRules(drop)).toEqual(one);
    expect(parseRules([])).toEqual({ kind: 'rules', rules: [] });
  });

  test.each([
    ['x', 'rules are a list of objects, not "x"', example],
    [{ rules: 1 }, 'rules is 1, not a list', example],
    [{ rules: [], more: 1 }, 'the document of rules has the unknown field "more"', 'it knows rules'],
    [[1], 'rule 1 is 1, not an object', `${kinds}; ${example}`],
    [[{}], 'rule 1 has the fields [], and needs exactly one', `${kinds}; ${example}`],
    [[{ swap: {} }], 'rule 1 is of the unknown kind "swap"', kinds],
    [[{ drop: 'stderr' }], 'rule 1 (drop) holds "stderr", not an object', example],
    [[{ drop: {} }], 'rule 1 (drop) names no stream', streams],
    [[{ drop: { stream: 'log' } }], 'rule 1 (drop) names the unknown stream "log"', streams],
    [[{ drop: { stream: 'logs', ms: 1 } }], 'rule 1 (drop) has the unknown field "ms"', 'it knows stream'],
    [
      [{ delay: { ms: 1 } }, { replace: { stream: 'logs', match: '/(/', with: '' } }],
      'rule 2 (replace) has match "/(/", which lacks a )',
      'a text stands for itself; /…/ and /…/i are regular expressions',
    ],
    [
      [{ replace: { stream: 'logs', match: 'a' } }],
      'rule 1 (replace) lacks with',
      'it is a text; "" for none',
    ],
    [
      [{ replace: { stream: 'logs', match: 'a', with: 5 } }],
      'rule 1 (replace) has with 5, not a text',
      'put it in quotes: "5"',
    ],
    [
      [{ inject: { stream: 'stdin', text: 'a', when: 'later' } }],
      'rule 1 (inject) has when "later"',
      'it is open, idle prompt, or {after: /regular expression/}',
    ],
    [[{ delay: { ms: -1 } }], 'rule 1 (delay) has ms -1', 'it is a whole number from 0 to 60000'],
    [[{ cut: {} }], 'rule 1 (cut) lacks afterBytes', 'it is a whole number from 0 to 9007199254740991'],
  ])('%j is refused: %s', (document, text, hint) => {
    expect(parseRules(document)).toEqual({ kind: 'malformed', text, hint });
  });

  test('are never read without an answer', () => {
    fc.assert(fc.property(fc.jsonValue(), (document) => parseRules(document).kind !== undefined));
  });
});
