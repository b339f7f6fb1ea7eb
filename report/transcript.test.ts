import { describe, expect, test } from '@jest/globals';
import { renderTranscript, type TranscriptLine } from './transcript';

const plain = { colour: false, width: 80 };
const dropped = { entries: 0, bytes: 0 };

function line(side: TranscriptLine['side'], stream: string, text: string): TranscriptLine {
  return { atMs: 7, connection: 'c1', exchange: 0, stream, side, text, encoding: 'utf8' };
}

describe('a transcript', () => {
  test('shows what was changed beside what was said', () => {
    const entries = [
      line('client-sent', 'request', 'GET /logs'),
      line('endpoint-received', 'request', 'GET /logs'),
      line('endpoint-answered', 'logs', 'den'),
      line('endpoint-answered', 'logs', 'ied\n'),
      line('client-got', 'logs', 'welcome\n'),
      line('endpoint-received', 'stdin', 'id\n'),
      line('attacker', 'note', 'a rule breaks the connection off'),
    ];
    expect(renderTranscript({ entries, dropped }, plain)).toBe(
      [
        ' what each side saw',
        '                        the client                    the endpoint',
        '       7 ms  request → GET /logs                   = GET /logs',
        '       7 ms  logs    ← welcome\\n                   ! denied\\n',
        '       7 ms  stdin   → (nothing)                   ! id\\n',
        '       7 ms  note     a rule breaks the connection off',
        '',
      ].join('\n'),
    );
  });

  test('never lets an escape sequence through, and says what was left out', () => {
    const entries = [
      line('endpoint-answered', 'stdout', `\u001b[31mred${'\n'.repeat(40)}`),
      { ...line('client-got', 'stdout', 'ff00'), encoding: 'hex' as const },
    ];
    const text = renderTranscript({ entries, dropped: { entries: 2, bytes: 99 } }, plain);
    expect(text).not.toContain('\u001b');
    expect(text).toContain('\\x1b[31mred\\n');
    expect(text).toContain('0xff00');
    expect(text).toContain('… 29 more lines');
    expect(text).toContain('and 99 more bytes (2 more entries) that were not kept');
  });

  test('of nothing says so', () => {
    expect(renderTranscript({ entries: [], dropped }, plain)).toContain('nothing passed the relay');
  });
});
