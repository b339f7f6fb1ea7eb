import { describe, expect, test } from '@jest/globals';
import { readRecording } from './read-recording';
import { sampleRecording } from './recording.test.fixtures';
import { recordingText } from './write-recording';

const whole = recordingText(sampleRecording());
const rows = whole.trimEnd().split('\n');

function refusal(text: string): { message: string; hint: string | undefined } {
  try {
    readRecording(text, 'run.ndjson');
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint?: string };
    if (code === 'RECORDING_INVALID') return { message, hint };
    throw error;
  }
  return { message: 'it is a recording', hint: undefined };
}

const changed = (line: number, change: (value: Record<string, unknown>) => void): string => {
  const value = JSON.parse(rows[line - 1] ?? '') as Record<string, unknown>;
  change(value);
  return `${rows.with(line - 1, JSON.stringify(value)).join('\n')}\n`;
};

describe('a recording', () => {
  test('is read as it was written', () => {
    expect(recordingText(readRecording(whole, 'run.ndjson'))).toBe(whole);
  });

  test('may have fields that are not known yet', () => {
    expect(refusal(changed(2, (line) => Object.assign(line, { mood: 'good' }))).message).toBe(
      'it is a recording',
    );
  });

  test.each<[string, string, string]>([
    ['an empty file', '', '"run.ndjson" is empty'],
    [
      'another text',
      'apiVersion: v1\n',
      'run.ndjson:1 is no header of a recording: it is no JSON object on one line',
    ],
    [
      'another document',
      '{"kind":"InterceptionMatrix"}\n',
      'run.ndjson:1 is of kind "InterceptionMatrix", not "Recording"',
    ],
    [
      'a newer format',
      changed(1, (header) => Object.assign(header, { apiVersion: 'midplane/v2' })),
      'run.ndjson:1 is of format "midplane/v2"; midplane 0.1.0 reads "midplane/v1"',
    ],
    [
      'a header that lacks something',
      changed(1, (header) => void Reflect.deleteProperty(header, 'made')),
      'run.ndjson:1: the document has no made',
    ],
    [
      'a line that is not like the others',
      changed(3, (line) => Object.assign(line, { at: 'noon' })),
      'run.ndjson:3: at is "noon", not of type number',
    ],
    [
      'a line of a type that nobody knows',
      changed(3, (line) => Object.assign(line, { type: 'smell' })),
      'run.ndjson:3 is of type "smell", which midplane 0.1.0 does not know',
    ],
    ['a line without a type', `${rows.with(2, '7').join('\n')}\n`, 'run.ndjson:3 says no type'],
    [
      'no end',
      `${rows.slice(0, 4).join('\n')}\n`,
      'run.ndjson:4 is the last line, and no outcome: the file was cut off',
    ],
    [
      'half a line',
      whole.slice(0, -30),
      `run.ndjson:${rows.length} ends in its middle: the file was cut off`,
    ],
    [
      'a line that was taken out',
      `${rows.toSpliced(2, 1).join('\n')}\n`,
      `run.ndjson:${rows.length - 1} says that 6 lines stand before it, and there are 5`,
    ],
    [
      'more behind the end',
      `${whole}${rows[1]}\n`,
      `run.ndjson:${rows.length + 1} stands behind the outcome`,
    ],
    [
      'an outcome of something else',
      changed(rows.length, (line) => Object.assign(line, { document: { kind: 'ScenarioReport' } })),
      `run.ndjson:${rows.length}: the document has no scenario`,
    ],
  ])('is refused with its line: %s', (_, text, message) => {
    const refused = refusal(text);
    expect(refused.message).toBe(message);
    expect(refused.hint).toBeTruthy();
  });

  test('names a line that is no JSON', () => {
    expect(refusal(`${rows.with(2, '{').join('\n')}\n`).message).toMatch(/^run\.ndjson:3 is no JSON: /);
  });

  test('of another midplane is to be replayed by that', () => {
    const text = changed(1, (header) => Object.assign(header, { midplaneVersion: '9.9.9' }));
    const newer = text.replace('"type":"event"', '"type":"smell"');
    expect(refusal(newer).hint).toBe('it was recorded by midplane 9.9.9: use that, or a newer one');
  });
});
