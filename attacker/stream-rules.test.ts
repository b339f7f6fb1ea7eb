import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Rule, StreamName } from './rules';
import { type StreamAction, type StreamEvent, StreamRules } from './stream-rules';

/** What is seen and done, in order: `>` seen, `<` done. */
function transcript(rules: readonly Rule[], events: readonly StreamEvent[]): string[] {
  const playing = new StreamRules(rules);
  return events.flatMap((event) => [`> ${line(event)}`, ...playing.see(event).map((it) => `< ${line(it)}`)]);
}

function line(it: StreamEvent | StreamAction): string {
  switch (it.kind) {
    case 'opened':
      return `${it.flow} opened`;
    case 'said':
    case 'say':
      return `${it.flow} ${JSON.stringify(it.bytes.toString())}`;
    case 'fell-silent':
      return `${it.flow} silent`;
    case 'finished':
    case 'finish':
      return `${it.flow} ends`;
    case 'wait':
      return `${it.flow} waits ${it.ms}`;
    case 'cut':
      return 'cut';
    case 'note':
      return it.text;
  }
}

const opened = (stream: StreamName, flow: string = stream): StreamEvent => ({ kind: 'opened', flow, stream });
const said = (flow: string, text: string): StreamEvent => ({ kind: 'said', flow, bytes: Buffer.from(text) });
const silent = (flow: string): StreamEvent => ({ kind: 'fell-silent', flow });
const finished = (flow: string): StreamEvent => ({ kind: 'finished', flow });

describe('rules in a stream', () => {
  test('replace across pieces, and let the rest pass', () => {
    const rules: Rule[] = [{ kind: 'replace', stream: 'logs', match: 'ERROR', with: 'fine' }];
    const events = [opened('logs'), said('logs', 'an ERR'), said('logs', 'OR\nERR'), finished('logs')];
    expect(transcript(rules, events)).toEqual([
      '> logs opened',
      '> logs "an ERR"',
      '< logs "an "',
      '> logs "OR\\nERR"',
      '< logs "fine\\n"',
      '> logs ends',
      '< logs "ERR"',
      '< logs ends',
    ]);
  });

  test('one behind the other', () => {
    const rules: Rule[] = [
      { kind: 'replace', stream: 'body', match: 'a', with: 'b' },
      { kind: 'replace', stream: 'body', match: 'bb', with: 'c' },
    ];
    expect(transcript(rules, [opened('body'), said('body', 'ab')])).toContain('< body "c"');
  });

  test('leave other streams alone', () => {
    const rules: Rule[] = [{ kind: 'drop', stream: 'stderr' }];
    expect(
      transcript(rules, [opened('stderr'), opened('stdout'), said('stderr', 'x'), said('stdout', 'y')]),
    ).toEqual(['> stderr opened', '> stdout opened', '> stderr "x"', '> stdout "y"', '< stdout "y"']);
  });

  test('let go what they hold when nothing is said for a moment', () => {
    const rules: Rule[] = [{ kind: 'replace', stream: 'stdout', match: 'password', with: 'x' }];
    expect(transcript(rules, [opened('stdout'), said('stdout', 'pass'), silent('stdout')]).at(-1)).toBe(
      '< stdout "pass"',
    );
  });

  test('inject when a stream opens', () => {
    const rules: Rule[] = [{ kind: 'inject', stream: 'stdin', text: 'id\n', when: { kind: 'open' } }];
    expect(transcript(rules, [opened('stdin'), opened('stdout')])).toEqual([
      '> stdin opened',
      '< stdin "id\\n"',
      '> stdout opened',
    ]);
  });

  test('type into stdin behind what stdout shows, once', () => {
    const rules: Rule[] = [
      { kind: 'inject', stream: 'stdin', text: 'id\n', when: { kind: 'after', match: '/\\$ / '.trim() } },
    ];
    const events = [
      opened('stdin'),
      opened('stdout'),
      said('stdout', '$'),
      said('stdout', ' '),
      said('stdout', '$ '),
    ];
    expect(transcript(rules, events).slice(2)).toEqual([
      '> stdout "$"',
      '> stdout " "',
      '< stdin "id\\n"',
      '< stdout "$ "',
      '> stdout "$ "',
      '< stdout "$ "',
    ]);
  });

  test('inject behind a match in the stream itself', () => {
    const rules: Rule[] = [
      {
        kind: 'inject',
        stream: 'logs',
        text: 'and more\n',
        when: { kind: 'after', match: '/^started.*\\n/' },
      },
    ];
    const events = [opened('logs'), said('logs', 'started\nstarted\n')];
    expect(transcript(rules, events).at(-1)).toBe('< logs "started\\nand more\\nstarted\\n"');
  });

  test('type at an idle prompt, not while somebody is still told something', () => {
    const rules: Rule[] = [{ kind: 'inject', stream: 'stdin', text: 'id\n', when: { kind: 'idle-prompt' } }];
    const events = [opened('stdin'), opened('stdout'), said('stdout', 'hello'), silent('stdout')];
    const more = [said('stdout', '/ \u001b[32m# \u001b[0m'), silent('stdout'), silent('stdout')];
    expect(transcript(rules, [...events, ...more]).filter((it) => it.startsWith('< stdin'))).toEqual([
      '< stdin "id\\n"',
    ]);
  });

  test('say when there is nobody to type to', () => {
    const rules: Rule[] = [
      { kind: 'inject', stream: 'stdin', text: 'id\n', when: { kind: 'after', match: 'x' } },
      { kind: 'answer', prompt: 'y', with: 'z' },
    ];
    expect(transcript(rules, [opened('stdout'), said('stdout', 'xy')])).toEqual([
      '> stdout opened',
      '> stdout "xy"',
      '< nothing was injected: there is no stdin that is open',
      '< the prompt was not answered: there is no stdin that is open',
      '< stdout "xy"',
    ]);
  });

  test.each([
    ['without an echo', '\r\n'],
    ['with an echo', 'hunter2\r\n'],
    ['with an echo of a plain line', 'hunter2\n'],
  ])('answer a prompt %s, and show neither', (_how, echo) => {
    const rules: Rule[] = [{ kind: 'answer', prompt: '/password: /i', with: 'hunter2' }];
    const events = [
      opened('stdin'),
      opened('stdout'),
      said('stdout', 'sudo\nPass'),
      said('stdout', 'word: '),
      silent('stdout'),
      ...[...echo].map((character) => said('stdout', character)),
      said('stdout', 'root\r\n'),
    ];
    const acted = transcript(rules, events).filter((it) => it.startsWith('<'));
    expect(acted).toEqual(['< stdout "sudo\\n"', '< stdin "hunter2\\n"', '< stdout "root\\r\\n"']);
  });

  test('show what comes behind an answer when it is no echo', () => {
    const rules: Rule[] = [{ kind: 'answer', prompt: 'password: ', with: 'hunter2' }];
    const events = [
      opened('stdin'),
      opened('stdout'),
      said('stdout', 'password: '),
      said('stdout', 'hunted'),
    ];
    expect(transcript(rules, events).at(-1)).toBe('< stdout "hunted"');
  });

  test('delay, of one stream or of all', () => {
    const rules: Rule[] = [
      { kind: 'delay', stream: null, ms: 5 },
      { kind: 'delay', stream: 'stdout', ms: 7 },
    ];
    const events = [opened('stdout'), opened('stdin'), said('stdout', 'a'), said('stdin', 'b')];
    expect(transcript(rules, events).slice(2)).toEqual([
      '> stdout "a"',
      '< stdout waits 12',
      '< stdout "a"',
      '> stdin "b"',
      '< stdin waits 5',
      '< stdin "b"',
    ]);
  });

  test('cut behind so many bytes, and then do nothing any more', () => {
    const rules: Rule[] = [{ kind: 'cut', stream: 'forward', afterBytes: 3 }];
    const events = [opened('forward'), said('forward', 'ab'), said('forward', 'cd'), said('forward', 'e')];
    expect(transcript(rules, events)).toEqual([
      '> forward opened',
      '> forward "ab"',
      '< forward "ab"',
      '> forward "cd"',
      '< forward "c"',
      '< cut',
      '> forward "e"',
    ]);
  });

  test('come to the same however the bytes are cut into pieces', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '$', ' ', '\n', '\r'), maxLength: 40 });
    const pattern = fc.constantFrom('ab', '/a+/', '/b$/', '/^a./', '/\\$ /');
    const rule: fc.Arbitrary<Rule> = fc.oneof(
      fc.record({
        kind: fc.constant('replace' as const),
        stream: fc.constant('stdout' as const),
        match: pattern,
        with: letters,
      }),
      fc.record({ kind: fc.constant('answer' as const), prompt: pattern, with: fc.constantFrom('a', 'ab') }),
      fc.record({
        kind: fc.constant('cut' as const),
        stream: fc.constant('stdout' as const),
        afterBytes: fc.nat(50),
      }),
      pattern.map(
        (match): Rule => ({ kind: 'inject', stream: 'stdin', text: 'i', when: { kind: 'after', match } }),
      ),
      pattern.map(
        (match): Rule => ({ kind: 'inject', stream: 'stdout', text: 'i', when: { kind: 'after', match } }),
      ),
    );
    const outcome = (rules: readonly Rule[], pieces: readonly string[]): Record<string, string> => {
      const playing = new StreamRules(rules);
      const out: Record<string, string> = { stdin: '', stdout: '', cut: '' };
      const events = [
        opened('stdin'),
        opened('stdout'),
        ...pieces.map((it) => said('stdout', it)),
        finished('stdout'),
      ];
      for (const action of events.flatMap((event) => playing.see(event))) {
        if (action.kind === 'say') out[action.flow] += action.bytes.toString();
        if (action.kind === 'cut') out['cut'] = 'yes';
      }
      return out;
    };
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 3 }), fc.array(letters, { maxLength: 6 }), (rules, pieces) => {
        const whole = pieces.join('');
        expect(outcome(rules, pieces)['stdout']).toBe(outcome(rules, [whole])['stdout']);
        const isCut = rules.some(({ kind }) => kind === 'cut');
        if (!isCut) expect(outcome(rules, [...whole])).toEqual(outcome(rules, [whole]));
      }),
    );
  });
});
