import { type Comparing, comparable, isOfComponents } from './comparable';
import { flatLines } from './flat-lines';
import type { RecordedConnectionLine, RecordedLine, RecordedStream } from './recording';
import type { Part } from './recording-parts';
import type { Twin } from './scenario-outcome';
import { streamLines } from './stream-lines';

export interface Reading extends Comparing {
  /** By their fingerprints, in words. */
  readonly certificates: ReadonlyMap<string, string>;
}

/** What happened on each machine, and on each connection. */
export function happenedParts(twin: Twin | null, all: readonly RecordedLine[], reading: Reading): Part[] {
  const ofRun = all.filter((line) => line.twin === twin && !isOfComponents(line.connection));
  const groups = new Map<string, RecordedLine[]>();
  for (const line of ofRun) {
    const key = placeOf(line);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [line]);
    else group.push(line);
  }
  const parts = [...groups]
    .filter(([, lines]) => !isHungUp(lines))
    .map(([name, lines]): Part => {
      const isConnection = lines[0]?.connection !== null;
      return {
        twin,
        kind: isConnection ? 'connection' : 'machine',
        name,
        lines: isConnection ? connectionLines(lines, reading) : eventLines(lines, reading),
      };
    });
  return parts
    .filter(({ lines }) => lines.length > 0)
    .sort((a, b) => compareNames(b.kind, a.kind) || compareNames(a.name, b.name));
}

/** Of whoever tries again by the clock, the try during which its program ended. */
function isHungUp(lines: readonly RecordedLine[]): boolean {
  const ended = lines.some(
    (line) => line.type === 'event' && String(line.data['text']).endsWith('use of closed network connection'),
  );
  return ended && !lines.some(({ type }) => type === 'stream');
}

/** Of a scenario with several clusters the second and later ones are named. */
function placeOf(line: RecordedLine): string {
  const name = line.connection ?? (line.type === 'event' ? line.host : '');
  return line.cluster === 1 ? name : `${name} (cluster ${line.cluster})`;
}

function connectionLines(lines: readonly RecordedLine[], reading: Reading): string[] {
  const streamed = (direction: 'up' | 'down'): string[] =>
    streamLines(
      lines.filter((line): line is RecordedStream => line.type === 'stream' && line.direction === direction),
      reading,
    ).map((line) => `${direction}: ${line}`);
  return [
    ...lines.flatMap((line) => (line.type === 'connection' ? madeLines(line, reading) : [])),
    ...eventLines(lines, reading),
    ...streamed('up'),
    ...streamed('down'),
  ];
}

function madeLines(line: RecordedConnectionLine, { certificates }: Reading): string[] {
  const { from, through, deliveredTo, protocol, during, readableBy, listener, shown } = line;
  const inWords = (all: readonly string[] = []) => all.map((each) => certificates.get(each) ?? each);
  return flatLines({
    ways: [from, ...through, deliveredTo].join(' → '),
    to: `${listener.address}:${listener.port}`,
    protocol,
    during,
    readableBy: { up: readableBy.up.join(', '), down: readableBy.down.join(', ') },
    shown: { up: inWords(shown?.up), down: inWords(shown?.down) },
  });
}

/** Machine by machine: there one thing happens after the other, while two machines wait for nobody. */
function eventLines(lines: readonly RecordedLine[], reading: Reading): string[] {
  const byHost = new Map<string, string[]>();
  for (const line of lines) {
    // Steps are told by the outcome.
    if (line.type !== 'event' || line.kind === 'scenario-step') continue;
    // Of what is signed the length varies, by the zeros that DER leaves out.
    const { length: _length, ...data } = line.data;
    const said = Object.keys(data).length === 0 ? [] : flatLines(comparable(data, reading));
    const told = `${line.host}: ${[line.kind, said.join(', ')].join(' ').trimEnd()}`;
    byHost.set(line.host, [...(byHost.get(line.host) ?? []), told]);
  }
  return [...byHost].sort(([a], [b]) => compareNames(a, b)).flatMap(([, told]) => told);
}

/** Not by a locale: it is to be the same everywhere. */
function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
