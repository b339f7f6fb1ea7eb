import { MidplaneError } from '../error';
import { readRecording } from '../report/read-recording';
import type { Recording } from '../report/recording';
import { isScenario, type Replay, replayOf, storyMaterialOf } from '../report/replay-frames';
import { newPlayer, placeOf } from '../report/replay-player';
import type { ScenarioReport } from '../report/scenario-outcome';
import { speedOf } from './live';
import { renderMatrix } from './matrix-formats';
import { parseOutputs, writeOutputs } from './outputs';
import { playReplay } from './play-replay';
import { readNamedFile } from './read-named-file';
import { type RunFormat, runFormats } from './run-formats';
import { renderReport } from './scenario-formats';
import { exitCodes, type Terminal } from './terminal';

export interface ReplayArguments {
  readonly at?: string;
  readonly speed?: string;
  /** False with --no-wait. */
  readonly wait?: boolean;
  readonly output?: readonly string[];
}

/** A recording told again: no network, no cluster. */
export async function replay(file: string, given: ReplayArguments, terminal: Terminal): Promise<number> {
  const speed = speedOf(given.speed ?? '1');
  const outputs = given.output === undefined ? null : parseOutputs(given.output, runFormats);
  if (outputs !== null && (given.at !== undefined || given.speed !== undefined)) {
    throw new MidplaneError('USAGE', '-o writes the outcome: it takes no --at and no --speed', {
      hint: 'leave -o away to see how it came about',
    });
  }
  const recording = readRecording(await readNamedFile(file), file);
  if (outputs !== null) {
    await writeOutputs(outputs, (format, toFile) => rendered(recording, format, toFile, terminal), terminal);
    return exitCodes.ok;
  }
  const look = { colour: terminal.colour, width: terminal.width ?? 100 };
  const made = replayOf(recording, look);
  const shown = given.at === undefined ? undefined : shownAt(given.at, made);
  const { openScreen } = terminal;
  if (openScreen === undefined || given.wait === false) {
    const frames = shown === undefined ? made.frames : made.frames.slice(0, shown);
    terminal.write(frames.map(({ text }) => text).join(''));
    return exitCodes.ok;
  }
  const player = newPlayer({ speed, ...(shown === undefined ? {} : { shown }) });
  const end = await playReplay(
    shown === undefined ? player : { ...player, playing: false },
    made,
    openScreen,
    {
      colour: terminal.colour,
      signal: terminal.signal,
    },
  );
  // The screen is gone with all that was on it; what was told stays.
  terminal.write(
    made.frames
      .slice(0, end.shown)
      .map(({ text }) => text)
      .join(''),
  );
  return exitCodes.ok;
}

function shownAt(text: string, made: Replay): number {
  const place = placeOf(text, made);
  if (place.kind === 'place') return place.shown;
  throw new MidplaneError('USAGE', `--at: ${place.text}`, { hint: place.hint });
}

/** As `midplane run` writes it. */
function rendered(recording: Recording, format: RunFormat, toFile: boolean, terminal: Terminal): string {
  const { document } = recording.outcome;
  if (isScenario(recording)) return renderReport(document as ScenarioReport, format, toFile, terminal);
  const outcome = storyMaterialOf(recording);
  if (format === 'json') return `${JSON.stringify(outcome, null, 2)}\n`;
  if (format === 'story') {
    const look = { colour: terminal.colour && !toFile, width: terminal.width ?? 100 };
    return replayOf(recording, look)
      .frames.map(({ text }) => text)
      .join('');
  }
  const matrix = { apiVersion: 'midplane/v1', kind: 'InterceptionMatrix', cells: [outcome.cell] } as const;
  return renderMatrix(matrix, format, { toFile, all: false, terminal });
}
