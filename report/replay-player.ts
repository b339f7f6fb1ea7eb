import type { Frame, Replay } from './replay-frames';

/** Where a replay stands, and what it is told: values in, values out. The screen and the clock are elsewhere. */
export interface Player {
  /** How many frames are shown; at least one. */
  readonly shown: number;
  readonly playing: boolean;
  readonly speed: Speed;
  /** Where to go, as it is typed; null when nothing is. */
  readonly typed: string | null;
  /** What was typed and could not be understood. */
  readonly complaint: string | null;
  readonly over: boolean;
}

/** How many times faster than comfortable; `max`: without waiting. */
export type Speed = number | 'max';

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16] as const;

export function newPlayer(given: { readonly speed: Speed; readonly shown?: number }): Player {
  const { speed, shown = 1 } = given;
  return { shown, playing: true, speed, typed: null, complaint: null, over: false };
}

/** `key`: a character, or the name of a key: `left`, `right`, `home`, `end`, `enter`, `escape`, `backspace`, `ctrl-c`. */
export function press(player: Player, key: string, replay: Replay): Player {
  if (key === 'ctrl-c') return { ...player, over: true };
  if (player.typed !== null) return typing({ ...player, typed: player.typed }, key, replay);
  const told = { ...player, complaint: null };
  const goTo = (shown: number): Player => moved(told, shown, replay);
  switch (key) {
    case ' ':
      // At the end there is nothing to go on with.
      if (told.shown >= replay.frames.length) return { ...told, shown: 1, playing: true };
      return { ...told, playing: !told.playing };
    case 'n':
    case 'right':
      return goTo(told.shown + 1);
    case 'p':
    case 'left':
      return goTo(told.shown - 1);
    case 'home':
      return goTo(1);
    case 'end':
      return goTo(replay.frames.length);
    case '+':
    case '=':
      return { ...told, speed: faster(told.speed) };
    case '-':
      return { ...told, speed: slower(told.speed) };
    case '#':
      return { ...told, playing: false, typed: '#' };
    case 'g':
      return { ...told, playing: false, typed: '' };
    case 'q':
      return { ...told, over: true };
    default:
      return told;
  }
}

/** The next frame, when its time has come. */
export function advance(player: Player, { frames }: Replay): Player {
  return { ...player, shown: Math.min(frames.length, player.shown + 1) };
}

/** Nobody reads what a machine writes in a few milliseconds, or waits for long. */
export const SHORTEST_MS = 400;
const LONGEST_MS = 2_000;

/** How long until the next frame is due; null when none is. */
export function delayMs({ playing, shown, speed, over }: Player, { frames }: Replay): number | null {
  const [last, next] = [frames[shown - 1], frames[shown]];
  if (!playing || over || next === undefined) return null;
  if (speed === 'max') return 0;
  const gap = next.at - (last?.at ?? 0);
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, gap)) / speed;
}

export type Place =
  | { readonly kind: 'place'; readonly shown: number }
  | { readonly kind: 'wrong'; readonly text: string; readonly hint: string };

/** `00:03.2` or `3.2`: a time; `#120`: an event. Shown is what was over by then. */
export function placeOf(text: string, { frames, events, lastsMs }: Replay): Place {
  const wrong = (why: string, hint: string): Place => ({ kind: 'wrong', text: why, hint });
  const event = /^#(\d+)$/.exec(text);
  if (event !== null) {
    const number = Number(event[1]);
    if (number > events)
      return wrong(`there is no event ${text}`, `the recording has ${events} events: #1 to #${events}`);
    return { kind: 'place', shown: countOf(frames, (frame) => frame.event <= number) };
  }
  const time = /^(?:(\d+):)?(\d+(?:\.\d+)?)$/.exec(text);
  if (time === null) {
    return wrong(`"${text}" is no time and no event`, 'for example 00:03.2 for a time, or #120 for an event');
  }
  const ms = Number(time[1] ?? 0) * 60_000 + Number(time[2]) * 1000;
  if (ms > lastsMs + 1)
    return wrong(`${text} is behind the end`, `the recording lasts ${clockText(lastsMs)}`);
  return { kind: 'place', shown: countOf(frames, (frame) => frame.at <= ms) };
}

/** `2`, `0.5`, `max`; null for anything else. */
export function readSpeed(text: string): Speed | null {
  if (text === 'max') return 'max';
  const speed = Number(text);
  return /^\d+(\.\d+)?$/.test(text) && speed > 0 && speed <= 1000 ? speed : null;
}

/** `00:03.2` */
export function clockText(ms: number): string {
  const tenths = Math.floor(ms / 100);
  const [minutes, seconds] = [Math.floor(tenths / 600), (tenths % 600) / 10];
  return `${String(minutes).padStart(2, '0')}:${seconds.toFixed(1).padStart(4, '0')}`;
}

function typing(player: Player & { readonly typed: string }, key: string, replay: Replay): Player {
  switch (key) {
    case 'escape':
      return { ...player, typed: null };
    case 'backspace':
      return { ...player, typed: player.typed === '' ? null : player.typed.slice(0, -1) };
    case 'enter': {
      const place = placeOf(player.typed, replay);
      if (place.kind === 'wrong')
        return { ...player, typed: null, complaint: `${place.text}; ${place.hint}` };
      return { ...moved(player, place.shown, replay), typed: null };
    }
    default:
      return /^[\d:.#]$/.test(key) ? { ...player, typed: player.typed + key } : player;
  }
}

/** Whoever goes somewhere wants to look at it. */
function moved(player: Player, shown: number, { frames }: Replay): Player {
  return { ...player, playing: false, shown: Math.max(1, Math.min(frames.length, shown)) };
}

function countOf(frames: readonly Frame[], is: (frame: Frame) => boolean): number {
  const first = frames.findIndex((frame) => !is(frame));
  return Math.max(1, first < 0 ? frames.length : first);
}

function faster(speed: Speed): Speed {
  if (speed === 'max') return 'max';
  return SPEEDS.find((each) => each > speed) ?? 'max';
}

function slower(speed: Speed): Speed {
  if (speed === 'max') return SPEEDS.at(-1) ?? 1;
  return SPEEDS.findLast((each) => each < speed) ?? speed;
}
