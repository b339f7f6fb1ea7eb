/** What was written to a terminal, and when. */
export interface Screen {
  readonly title: string;
  /** `at`: milliseconds since the run's clock began. Without a line break at the end; there may be some in between. */
  readonly lines: readonly { readonly at: number; readonly text: string }[];
}

/** A line as it is played: seconds since the beginning. */
export interface PacedLine {
  readonly at: number;
  readonly text: string;
}

export const CAST_WIDTH = 100;
const CAST_HEIGHT = 30;

/** Nobody reads what a machine writes in a few milliseconds, or waits for long. */
const SHORTEST_S = 0.4;
const LONGEST_S = 2;

/** The lines in their order, slowed down so that they can be read. */
export function paced({ lines }: Screen): PacedLine[] {
  let at = 0;
  let before: number | null = null;
  return lines.map((line) => {
    const gap = before === null ? SHORTEST_S : (line.at - before) / 1000;
    at += Math.min(LONGEST_S, Math.max(SHORTEST_S, gap));
    before = line.at;
    return { at: Math.round(at * 1000) / 1000, text: line.text };
  });
}

/** asciicast v2 (docs.asciinema.org/manual/asciicast/v2): a header, then one event a line. `beganAt`: ms since 1970. */
export function asciicast(screen: Screen, beganAt: number): string {
  const header = {
    version: 2,
    width: CAST_WIDTH,
    height: CAST_HEIGHT,
    timestamp: Math.floor(beganAt / 1000),
    title: screen.title,
  };
  const events = paced(screen).map(({ at, text }) => [at, 'o', `${text.replaceAll('\n', '\r\n')}\r\n`]);
  return [header, ...events].map((entry) => `${JSON.stringify(entry)}\n`).join('');
}
