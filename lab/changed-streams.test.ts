import { describe, expect, test } from '@jest/globals';
import type { TranscriptEntry } from '../attacker/transcript';
import { changedStreams } from './changed-streams';

function entry(
  side: TranscriptEntry['side'],
  stream: string,
  text: string,
  connection = 'c',
): TranscriptEntry {
  return { atMs: 0, connection, exchange: 0, stream, side, text, encoding: 'utf8' };
}
const whole = { entries: 0, bytes: 0 };

describe('the streams that were changed', () => {
  test('are those of which one side got something else than the other one said', () => {
    const entries = [
      entry('client-sent', 'stdin', 'l'),
      entry('client-sent', 'stdin', 's'),
      entry('endpoint-received', 'stdin', 'ls'),
      entry('endpoint-answered', 'stdout', 'no'),
      entry('client-got', 'stdout', 'yes'),
      entry('endpoint-answered', 'stderr', 'oops'),
      entry('client-sent', 'request', 'GET /'),
      entry('endpoint-received', 'request', 'GET /?x'),
    ];
    expect(changedStreams({ entries, dropped: whole })).toEqual(['stdout', 'stderr']);
  });

  test('of two connections are not mixed up', () => {
    const entries = [
      entry('endpoint-answered', 'logs', 'a'),
      entry('endpoint-answered', 'logs', 'b', 'd'),
      entry('client-got', 'logs', 'b', 'd'),
      entry('client-got', 'logs', 'a'),
    ];
    expect(changedStreams({ entries, dropped: whole })).toEqual([]);
  });

  test('are not told by what was left out', () => {
    const entries = [entry('endpoint-answered', 'logs', 'ab'), entry('client-got', 'logs', 'a')];
    expect(changedStreams({ entries, dropped: { entries: 0, bytes: 1 } })).toEqual([]);
    expect(changedStreams({ entries, dropped: whole })).toEqual(['logs']);
  });
});
