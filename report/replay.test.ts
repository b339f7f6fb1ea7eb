import { describe, expect, test } from '@jest/globals';
import { sampleRecording } from './recording.test.fixtures';
import { replayOf } from './replay-frames';
import {
  advance,
  clockText,
  delayMs,
  newPlayer,
  type Player,
  placeOf,
  press,
  readSpeed,
} from './replay-player';
import { replayScreen } from './replay-screen';
import { sampleScenario } from './scenario-sample.test.data';
import { renderScenario } from './scenario-story';

const look = { colour: false, width: 80 };
const replay = replayOf(sampleRecording(), look);
const player = newPlayer({ speed: 1 });

const pressed = (from: Player, ...keys: string[]): Player =>
  keys.reduce((before, key) => press(before, key, replay), from);

describe('the frames of a replay', () => {
  test('are together what a live run prints', () => {
    expect(replay.frames.map(({ text }) => text).join('')).toBe(renderScenario(sampleScenario, look));
  });

  test('stand on one clock, one run behind the other, each with the events that were over', () => {
    expect(replay.frames.map(({ at, event, twin }) => [at, event, twin])).toEqual([
      [0, 0, null],
      [0, 0, 'open'],
      [1000, 2, 'open'],
      [2000, 4, 'open'],
      [2000, 4, 'open'],
      [2000, 4, 'fixed'],
      [3000, 6, 'fixed'],
      [3000, 6, 'fixed'],
      [3000, 6, null],
    ]);
    expect([replay.events, replay.lastsMs]).toEqual([6, 3000]);
  });
});

describe('a key', () => {
  test.each<[string, string[], Partial<Player>]>([
    ['space pauses', [' '], { playing: false, shown: 1 }],
    ['space again goes on', [' ', ' '], { playing: true }],
    ['n steps and stays there', ['n'], { shown: 2, playing: false }],
    ['right steps too', ['right', 'right'], { shown: 3 }],
    ['p goes back', ['n', 'n', 'p'], { shown: 2, playing: false }],
    ['left goes back, and not before the beginning', ['left', 'left'], { shown: 1 }],
    ['end goes to the end', ['end'], { shown: 9 }],
    ['space at the end begins again', ['end', ' '], { shown: 1, playing: true }],
    ['home goes to the beginning', ['end', 'home'], { shown: 1 }],
    ['+ is faster', ['+', '+'], { speed: 4 }],
    ['- is slower', ['-'], { speed: 0.5 }],
    ['+ ends without waiting', Array<string>(9).fill('+'), { speed: 'max' }],
    ['- comes back from there', [...Array<string>(9).fill('+'), '-'], { speed: 16 }],
    ['- stops at the slowest', Array<string>(9).fill('-'), { speed: 0.25 }],
    ['# goes to an event', ['#', '3', 'enter'], { shown: 3, playing: false, typed: null }],
    ['g goes to a time', ['g', '0', '0', ':', '0', '2', '.', '5', 'enter'], { shown: 6, typed: null }],
    ['backspace takes back', ['#', '3', 'backspace', '5', 'enter'], { shown: 6 }],
    ['backspace on nothing gives up', ['g', 'backspace'], { typed: null, shown: 1 }],
    ['escape gives up', ['g', '2', 'escape'], { typed: null, shown: 1 }],
    ['letters are not typed into a time', ['g', 'q', '2'], { typed: '2', over: false }],
    [
      'enter says what is wrong',
      ['#', '9', '9', 'enter'],
      { complaint: 'there is no event #99; the recording has 6 events: #1 to #6', typed: null },
    ],
    ['the next key takes the complaint away', ['#', '9', '9', 'enter', 'n'], { complaint: null }],
    ['q quits', ['q'], { over: true }],
    ['ctrl-c quits, also while something is typed', ['g', 'ctrl-c'], { over: true }],
    ['any other does nothing', ['x', 'unknown'], { shown: 1, playing: true, over: false }],
  ])('%s', (_, keys, expected) => {
    expect(pressed(player, ...keys)).toMatchObject(expected);
  });
});

describe('the clock of a replay', () => {
  test('waits as long as it took, and so that it can be read', () => {
    const waits = replay.frames.map((_, index) => delayMs({ ...player, shown: index + 1 }, replay));
    expect(waits).toEqual([400, 1000, 1000, 400, 400, 1000, 400, 400, null]);
  });

  test('waits less when it is faster, and not at all at most', () => {
    expect(delayMs({ ...player, shown: 2, speed: 4 }, replay)).toBe(250);
    expect(delayMs({ ...player, shown: 2, speed: 'max' }, replay)).toBe(0);
    expect(delayMs({ ...player, shown: 2, playing: false }, replay)).toBeNull();
  });

  test('goes on frame by frame to the end', () => {
    let now = player;
    for (let count = 0; count < 20; count++) now = advance(now, replay);
    expect(now.shown).toBe(9);
  });

  test.each<[string, number | string]>([
    ['2', 2],
    ['0.5', 0.5],
    ['max', 'max'],
  ])('reads a speed of %s', (text, speed) => {
    expect(readSpeed(text)).toBe(speed);
  });

  test.each(['fast', '-1', '0', '', '1e9', '2x'])('knows no speed %p', (text) => {
    expect(readSpeed(text)).toBeNull();
  });

  test.each<[string, number | string]>([
    ['00:01.0', 3],
    ['1', 3],
    ['0', 2],
    ['#0', 2],
    ['#4', 6],
    ['#7', 'there is no event #7'],
    ['3.1', '3.1 is behind the end'],
    ['noon', '"noon" is no time and no event'],
  ])('finds %s', (text, expected) => {
    const place = placeOf(text, replay);
    expect(place.kind === 'place' ? place.shown : place.text).toBe(expected);
  });

  test('shows minutes, seconds and tenths', () => {
    expect([0, 99, 61_234, 3_600_000].map(clockText)).toEqual(['00:00.0', '00:00.0', '01:01.2', '60:00.0']);
  });
});

describe('the screen of a replay', () => {
  const screen = (now: Player, height: number): string[] =>
    replayScreen(now, replay, { ...look, width: 60, height });

  test.each([5, 24, 60])('is %d lines high', (height) => {
    for (const shown of [1, 5, 9]) expect(screen({ ...player, shown }, height)).toHaveLength(height);
  });

  test('ends with where it stands and what can be pressed', () => {
    expect(screen({ ...player, shown: 3 }, 10).slice(-2)).toEqual([
      ' playing  00:01.0/00:03.0  event 2/6  speed 1  open',
      ' space pause  n/p step  home end  g time  # event  +/- spee',
    ]);
  });

  test('shows the last lines of what was told', () => {
    expect(screen({ ...player, shown: 3 }, 5).slice(0, 3)).toEqual([
      ' open  door: open',
      '  1  owner     leaves',
      '               → nothing',
    ]);
  });

  test('shows what is typed', () => {
    expect(screen(pressed(player, '#', '2'), 5).at(-1)).toBe(' go to (00:03.2 or #120, then enter): #2_');
  });
});
