import type { Socket } from 'node:net';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { alertName } from '../wire/tls-alerts';
import type { HandshakePlan } from './client-handshake';
import { alertOf, goTextOf } from './go-error-text';
import { tellKeys } from './key-log';
import type { Connection, Refusal } from './network';
import { certificatesOf } from './peer-certificates';
import type { SecureConnection, TlsVersion } from './secure';

/**
 * A TLS client without rules, for who believes everybody and is no imitation of Go: the attacker on its way to the
 * genuine endpoint. The engine sits on the socket itself, which makes a handshake a quarter cheaper and bulk faster
 * than with a tap between them; in return nobody has seen what was sent before OpenSSL did.
 */
export function shakeHandsUnjudged(
  connection: Connection,
  plan: Omit<HandshakePlan, 'judge' | 'trust'>,
): Promise<SecureConnection | Refusal> {
  const { context, alpn, serverName, timeoutMs, at } = plan;
  const raw = connection.socket;
  return new Promise((resolve) => {
    let pending = true;
    const engine: TLSSocket = tlsConnect({
      socket: raw as Socket,
      secureContext: context,
      rejectUnauthorized: false,
      ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
      ...(serverName === null ? {} : { servername: serverName }),
    });
    tellKeys(engine, connection, at);
    const record = (kind: string, data: Record<string, unknown>): void =>
      at?.timeline.record(at.name, connection.id, kind, data);
    const refuse = (code: Refusal['code'], text: string): void => {
      if (!pending) return;
      pending = false;
      clearTimeout(timer);
      engine.destroy();
      raw.destroy();
      record('handshake-failed', { role: 'client', text });
      const report = (): void => resolve({ kind: 'refusal', code, text, peer: connection.remote });
      if (raw.closed) report();
      else raw.once('close', report);
    };
    const timer = setTimeout(() => refuse('TIMED_OUT', 'net/http: TLS handshake timeout'), timeoutMs);
    engine.on('error', (error) => {
      const alert = alertOf(error);
      if (alert !== null) record('alert-received', { alert: alertName(alert) });
      refuse(codeOf(error, alert), goTextOf(error, connection));
    });
    engine.once('close', () => refuse('CONNECTION_CLOSED', 'EOF'));
    engine.once('secureConnect', () => {
      if (!pending) return;
      pending = false;
      clearTimeout(timer);
      const version = engine.getProtocol() as TlsVersion;
      const chosen = engine.alpnProtocol || null;
      record('handshake-finished', { version, alpn: chosen, role: 'client' });
      const peerCertificates = certificatesOf(engine);
      resolve({
        kind: 'secure-connection',
        connection,
        socket: engine,
        version,
        alpn: chosen,
        serverName,
        peerCertificates,
      });
    });
  });
}

function codeOf(error: NodeJS.ErrnoException, alert: number | null): Refusal['code'] {
  if (alert !== null) return 'ALERT_RECEIVED';
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE')
    return error.syscall === undefined ? 'CONNECTION_CLOSED' : 'CONNECTION_RESET';
  return 'NOT_TLS';
}
