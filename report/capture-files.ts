import { type PcapngItem, pcapng } from '../wire/pcapng';
import { TcpFrames } from '../wire/tcp-frames';
import type { RecordedConnection, WireRecording } from './wire-recording';

/**
 * A recording as capture files. The bytes of TCP streams are the real ones; Ethernet, IP and TCP around them are made
 * here, since the lab's network has none. The files bear the keys with which Wireshark decrypts them: those of both ends in a
 * leg's file, and in the attacker's own only what its programs learned themselves.
 */
export interface CaptureFile {
  readonly name: string;
  readonly content: Buffer;
}

/** How the attacker's programs are named in timelines, wherever they run. */
export const ATTACKER = 'attacker';

export const LAB_KEYS_ONLY =
  'Keys and certificates in here were made for this lab, are named LAB and open nothing else.';

/** One file a leg: who dialled, through whom, who was reached. */
export function legCaptures(recording: WireRecording, application: string): CaptureFile[] {
  return legsOf(recording.connections).map(({ name, connections }) => ({
    name: `${name}.pcapng`,
    content: capture({ recording, application, connections, keys: recording.keys, comment: LAB_KEYS_ONLY }),
  }));
}

/** Null when nothing came to the attacker. */
export function attackerCapture(recording: WireRecording, application: string): CaptureFile | null {
  const connections = recording.connections.filter(({ atAttacker }) => atAttacker);
  if (connections.length === 0) return null;
  const keys = recording.keys.filter(({ host }) => host === ATTACKER);
  const comment = `What came to the attacker, with the keys that it had and no others. ${LAB_KEYS_ONLY}`;
  return {
    name: 'attacker.pcapng',
    content: capture({ recording, application, connections, keys, comment }),
  };
}

interface Leg {
  readonly name: string;
  readonly connections: readonly RecordedConnection[];
}

function legsOf(connections: readonly RecordedConnection[]): Leg[] {
  const legs = new Map<string, RecordedConnection[]>();
  for (const connection of connections) {
    const name = legName(connection);
    legs.set(name, [...(legs.get(name) ?? []), connection]);
  }
  return [...legs].map(([name, its]) => ({ name, connections: its }));
}

/** Names of pods bear a slash. */
function legName({ wire: { from, through, deliveredTo, listener } }: RecordedConnection): string {
  const via = through.length === 0 ? '' : `-via-${through.join('-')}`;
  return `${from}${via}-to-${deliveredTo}-${listener.port}`.replace(/[^A-Za-z0-9.-]/g, '_');
}

interface Capture {
  readonly recording: WireRecording;
  readonly application: string;
  readonly connections: readonly RecordedConnection[];
  readonly keys: WireRecording['keys'];
  readonly comment: string;
}

function capture({ recording, application, connections, keys, comment }: Capture): Buffer {
  const legs = legsOf(connections);
  const timed = legs.flatMap((leg, index) =>
    leg.connections.flatMap((connection) =>
      itemsOf(connection, index, keyLogOf(connection, keys), recording.beganAt),
    ),
  );
  // Sorting keeps the order of what happened at once, so that secrets stay before the packets that they open.
  timed.sort((a, b) => a.at - b.at);
  const { dropped } = recording;
  const missing =
    dropped.bytes + dropped.connections === 0
      ? ''
      : ` There was no room for ${dropped.connections} connections and ${dropped.bytes} bytes more.`;
  return pcapng({
    application,
    comment: comment + missing,
    interfaces: legs.map(({ name }) => ({
      name,
      description: `link of ${name.replace(/-(via|to)-.*/, '')}`,
    })),
    names: recording.names,
    items: timed.map(({ item }) => item),
  });
}

/** Each line once: both ends of a connection learn the same. */
function keyLogOf({ wire }: RecordedConnection, keys: WireRecording['keys']): string {
  const lines = keys.filter(({ connection }) => connection === wire.id).map(({ line }) => `${line}\n`);
  return [...new Set(lines)].join('');
}

interface TimedItem {
  readonly at: number;
  readonly item: PcapngItem;
}

function itemsOf(
  { wire, during, steps }: RecordedConnection,
  index: number,
  keyLog: string,
  beganAt: number,
): TimedItem[] {
  const frames = new TcpFrames(wire.dialler, wire.listener);
  const items: TimedItem[] = [];
  const add = (at: number, made: readonly Buffer[], comment?: string): void => {
    const timeNs = BigInt(beganAt) * 1_000_000n + BigInt(Math.round(at * 1e6));
    made.forEach((frame, nth) => {
      const said = nth === 0 && comment !== undefined ? { comment } : {};
      items.push({ at, item: { kind: 'packet', interface: index, timeNs, frame, ...said } });
    });
  };
  for (const step of steps) {
    switch (step.kind) {
      case 'opened':
        if (keyLog !== '') items.push({ at: step.at, item: { kind: 'tls-secrets', keyLog } });
        add(
          step.at,
          frames.open(),
          `${wire.id}, ${during}: ${wire.from} dialled, ${wire.deliveredTo} took it`,
        );
        break;
      case 'bytes':
        add(step.at, frames.send(step.direction, step.bytes));
        break;
      case 'dropped':
        frames.skip(step.direction, step.length);
        break;
      case 'ended':
        add(step.at, frames.finish(step.direction));
        break;
      case 'reset':
        add(step.at, frames.reset(step.direction));
        break;
    }
  }
  return items;
}
