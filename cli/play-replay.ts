import type { Replay } from '../report/replay-frames';
import { advance, delayMs, type Player, press } from '../report/replay-player';
import { replayScreen } from '../report/replay-screen';
import type { Screen } from './terminal';

/** The clock and the screen of a replay; what a key means is in replay-player. Ends with the player that was left. */
export async function playReplay(
  start: Player,
  replay: Replay,
  openScreen: () => Screen,
  options: { readonly colour: boolean; readonly signal: AbortSignal },
): Promise<Player> {
  const { signal, colour } = options;
  const screen = openScreen();
  let player = start;
  try {
    for (;;) {
      const { width, height } = screen.size();
      screen.show(replayScreen(player, replay, { colour, width, height }));
      if (player.over || signal.aborted) return player;
      const key = await screen.next(delayMs(player, replay), signal);
      if (key === 'resized') continue;
      player = key === null ? advance(player, replay) : press(player, key, replay);
    }
  } finally {
    screen.close();
  }
}
