import type { Replay } from './replay-frames';
import { clockText, type Player } from './replay-player';
import { type Look, styleOf } from './style';
import { padEnd, widthOf } from './text';

/** What fits on a terminal of this size: the last lines of what is told, and below them where the replay stands. */
export function replayScreen(
  player: Player,
  replay: Replay,
  options: Look & { readonly width: number; readonly height: number },
): string[] {
  const told = replay.frames.slice(0, player.shown).flatMap(({ text }) => text.split('\n').slice(0, -1));
  const room = Math.max(1, options.height - 2);
  const lines = told.slice(-room);
  const empty = Array.from({ length: room - lines.length }, () => '');
  return [...lines, ...empty, ...status(player, replay, options)];
}

function status(player: Player, replay: Replay, options: Look & { readonly width: number }): string[] {
  const style = styleOf(options);
  const { frames, events, lastsMs } = replay;
  const frame = frames[player.shown - 1];
  const atEnd = player.shown >= frames.length;
  const sign = atEnd ? 'end' : player.playing ? 'playing' : 'paused';
  const parts = [
    padEnd(sign, 7),
    `${clockText(frame?.at ?? 0)}/${clockText(lastsMs)}`,
    `event ${frame?.event ?? 0}/${events}`,
    player.speed === 'max' ? 'max speed' : `speed ${player.speed}`,
    ...(frame?.twin === null || frame === undefined ? [] : [frame.twin]),
  ];
  const keys =
    player.typed === null
      ? (player.complaint ?? 'space pause  n/p step  home end  g time  # event  +/- speed  q quit')
      : `go to (00:03.2 or #120, then enter): ${player.typed}_`;
  return [
    style.bold(cut(` ${parts.join('  ')}`, options.width)),
    style.dim(cut(` ${style.words(keys)}`, options.width)),
  ];
}

function cut(text: string, width: number): string {
  return widthOf(text) < width ? text : [...text].slice(0, width - 1).join('');
}
