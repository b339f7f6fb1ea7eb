import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import type { Logger } from 'pino';

/**
 * Where audit events go, one JSON a line. Requests never wait for it: what a slow disk does not take is dropped beyond
 * a limit, and trouble is told once. Source: k8s.io/apiserver plugin/pkg/audit/log/backend.go.
 */
export interface AuditLog {
  write(event: object): void;
  /** Nobody reads what is written now: events need not be made. */
  readonly idle?: boolean;
  /** Resolves when what was written is with the operating system. */
  close(): Promise<void>;
}

/** As much as may wait to be written. */
const longestQueueBytes = 16 * 1024 * 1024;

/** `path` is `-` for the standard output. */
export function openAuditLog(path: string, log: Logger): AuditLog {
  const standard = path === '-';
  return auditLogTo(standard ? process.stdout : createWriteStream(path, { flags: 'a', mode: 0o600 }), log, {
    ends: !standard,
  });
}

export function auditLogTo(
  stream: Writable,
  log: Logger,
  options: { readonly ends?: boolean; readonly queueBytes?: number } = {},
): AuditLog {
  const queueBytes = options.queueBytes ?? longestQueueBytes;
  let state: 'open' | 'broken' | 'closed' = 'open';
  let told = false;
  const complain = (text: string, error?: Error): void => {
    if (told) return;
    told = true;
    log.error({ ...(error && { err: error }) }, `Unable to write to the audit log: ${text}`);
  };
  stream.on('error', (error: Error) => {
    state = 'broken';
    complain(error.message, error);
  });
  return {
    write: (event) => {
      if (state !== 'open') return;
      if (stream.writableLength > queueBytes) complain('it is too slow, events are dropped');
      else stream.write(`${JSON.stringify(event)}\n`);
    },
    close: () => {
      const broken = state !== 'open';
      state = 'closed';
      if (broken || options.ends === false || stream.destroyed) return Promise.resolve();
      return new Promise((resolve) => {
        stream.once('close', resolve);
        stream.once('error', () => resolve());
        stream.end();
      });
    },
  };
}
