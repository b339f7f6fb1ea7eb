import type { Fabric } from '../network/fabric';
import type { LearnedKey } from '../network/key-log';
import type { TimelineEvent } from '../network/timeline';
import type { WiredConnection, WireEvent } from '../network/wire-event';
import { ATTACKER } from '../report/capture-files';
import type { WireRecording, WireStep } from '../report/wire-recording';

const MOST_CONNECTIONS = 2_000;
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Writes down what goes over a fabric, from its beginning: what is left out could not be decrypted later. Of that it
 * gives back the connections that were used while something was going on.
 */
export class WireRecorder {
  readonly #connections = new Map<string, Connection>();
  readonly #keys: LearnedKey[] = [];
  readonly #atAttacker = new Set<string>();
  readonly #dropped = { connections: 0, bytes: 0 };
  readonly #fabric: Fabric;
  readonly #beganAt: number;
  #during: string | null = null;
  #bytes = 0;

  /** Ends with the fabric. */
  constructor(fabric: Fabric) {
    this.#fabric = fabric;
    const { timeline } = fabric;
    this.#beganAt = Date.now() - Math.round(timeline.elapsedMs());
    fabric.capture((event) => this.#see(event));
    timeline.keys.subscribe((key) => this.#keys.push(key));
    timeline.subscribe((event) => this.#note(event));
  }

  /** What is going on from now on; null: nothing that anybody wants to see. */
  during(what: string | null): void {
    this.#during = what;
  }

  /** `isAside`: connections that belong to nobody's story. */
  read(isAside: (connection: string) => boolean, authorities: readonly string[] = []): WireRecording {
    const used = [...this.#connections.values()].filter(
      ({ wire, during }) => during !== null && !isAside(wire.id),
    );
    const ids = new Set(used.map(({ wire }) => wire.id));
    return {
      beganAt: this.#beganAt,
      connections: used.map(({ wire, during, steps }) => ({
        wire,
        during: during ?? '',
        steps: [...steps],
        atAttacker: this.#isAtAttacker(wire),
      })),
      authorities,
      keys: this.#keys.filter(({ connection }) => ids.has(connection)),
      names: this.#fabric.hosts.flatMap(({ name, addresses }) =>
        addresses.map((address) => ({ address, name })),
      ),
      dropped: { ...this.#dropped },
    };
  }

  #isAtAttacker({ id, from, through, deliveredTo }: WiredConnection): boolean {
    return this.#atAttacker.has(id) || [from, ...through, deliveredTo].includes(ATTACKER);
  }

  /** Where the attacker is root on a machine of the cluster, only its own notes tell what came to it. */
  #note({ host, connection }: TimelineEvent): void {
    if (host === ATTACKER && connection !== null) this.#atAttacker.add(connection);
  }

  #see(event: WireEvent): void {
    const at = this.#fabric.timeline.elapsedMs();
    if (event.kind === 'opened') {
      if (this.#connections.size >= MOST_CONNECTIONS) {
        this.#dropped.connections += 1;
        return;
      }
      const { connection } = event;
      this.#connections.set(connection.id, new Connection(connection, at, this.#during));
      return;
    }
    const connection = this.#connections.get(event.id);
    if (connection === undefined) return;
    const { kind, direction } = event;
    if (kind !== 'bytes') {
      connection.steps.push({ at, kind, direction });
      return;
    }
    const { length } = event.bytes;
    connection.during ??= this.#during;
    if (this.#bytes + length > MOST_BYTES) {
      this.#dropped.bytes += length;
      connection.drop(at, direction, length);
      return;
    }
    this.#bytes += length;
    // A copy: a small piece would keep the whole block alive that it was read into.
    connection.steps.push({ at, kind, direction, bytes: Buffer.from(event.bytes) });
  }
}

class Connection {
  readonly wire: WiredConnection;
  readonly steps: WireStep[];
  during: string | null;

  constructor(wire: WiredConnection, at: number, during: string | null) {
    this.wire = wire;
    this.steps = [{ at, kind: 'opened' }];
    this.during = during;
  }

  /** In one step, however much follows. */
  drop(at: number, direction: 'up' | 'down', length: number): void {
    const last = this.steps.at(-1);
    const more = last?.kind === 'dropped' && last.direction === direction ? last.length : 0;
    if (more > 0) this.steps.pop();
    this.steps.push({ at, kind: 'dropped', direction, length: more + length });
  }
}
