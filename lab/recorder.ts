import pino, { type Logger } from 'pino';
import type { AuditLog } from '../apiserver/audit/audit-log';
import type { CarriedConnection } from '../network/carried-connection';
import type { Fabric } from '../network/fabric';
import { type AuditLine, auditLine, type LogLine } from './footprint';

/** What defenders of the lab have: the audit log, the components' logs, and who connected to whom (conntrack). */
export interface Footprint {
  readonly audit: readonly AuditLine[];
  readonly connections: readonly CarriedConnection[];
  readonly logs: readonly LogLine[];
}

/** Ends the time in which things are written down; what a request that began in it comes to is still waited for. */
export type Recording = { end(): void; read(): Footprint };

/** So that an hour of recording does not fill the memory; what is more is not written down. */
const MOST_ENTRIES = 5_000;

/** Writes down what can be seen of a cluster by those who look after it, while somebody asks for it. */
export class Recorder {
  /** For the components: what they log comes here, and goes on to whoever wants it. */
  readonly log: Logger;
  readonly auditLog: AuditLog;
  readonly #recordings = new Set<Pages>();
  readonly #fabric: Fabric;

  constructor(fabric: Fabric, log: Logger) {
    this.#fabric = fabric;
    const recordings = this.#recordings;
    this.log = pino(
      { level: log.level === 'debug' || log.level === 'trace' ? log.level : 'info', base: null },
      { write: (line: string) => this.#logged(line, log) },
    );
    this.auditLog = {
      get idle() {
        return recordings.size === 0;
      },
      write: (event) => {
        for (const pages of recordings) pages.audited(event);
      },
      close: async () => undefined,
    };
  }

  record(): Recording {
    const pages = new Pages();
    this.#recordings.add(pages);
    const unwatch = this.#fabric.watch((connection) => pages.connected(connection));
    return {
      end: () => {
        pages.over = true;
        unwatch();
      },
      read: () => {
        unwatch();
        this.#recordings.delete(pages);
        return pages.footprint();
      },
    };
  }

  #logged(line: string, to: Logger): void {
    const {
      level,
      msg,
      time: _,
      ...fields
    } = JSON.parse(line) as {
      level: number;
      msg?: string;
      time: number;
    };
    const word = pino.levels.labels[level] as 'info' | 'warn' | 'error' | undefined;
    if (word !== undefined && to.isLevelEnabled(word)) to[word](fields, msg ?? '');
    for (const pages of this.#recordings) pages.logged(level, msg ?? '', fields);
  }
}

class Pages {
  over = false;
  readonly #audit = new Map<string, AuditLine>();
  readonly #connections: CarriedConnection[] = [];
  readonly #logs: LogLine[] = [];

  audited(event: object): void {
    const line = auditLine(event);
    if (line === null) return;
    const known = this.#audit.get(line.id);
    if (known === undefined && (this.over || this.#audit.size >= MOST_ENTRIES)) return;
    this.#audit.set(line.id, { ...line, code: line.code ?? known?.code ?? null });
  }

  connected(connection: CarriedConnection): void {
    if (this.#connections.length < MOST_ENTRIES) this.#connections.push(connection);
  }

  logged(level: number, message: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.over || this.#logs.length >= MOST_ENTRIES) return;
    this.#logs.push({ level, message, fields });
  }

  footprint(): Footprint {
    return { audit: [...this.#audit.values()], connections: this.#connections, logs: this.#logs };
  }
}
