import type { Duplex, Readable } from 'node:stream';
import { Client, type ClientErrorExtensions } from 'ssh2';
import { type Connection, joinHostPort, type Refusal } from './network';
import type { Judgement, Site } from './secure';
import { SshChannel } from './ssh-channel';
import { channelId } from './ssh-server';

/**
 * SSH as a client that only wants connections carried (golang.org/x/crypto/ssh, as kube-apiserver used it): the host key
 * is judged before our own key is shown, and a peer's fault is a Refusal in Go's words.
 */
export interface StartSshOptions {
  readonly user: string;
  /** PEM. */
  readonly privateKey: string;
  /** Of the key in its wire form (RFC 4253 §6.6). */
  readonly judgeHostKey: (key: Buffer) => Judgement;
  /** Until the user is in. Source: pkg/ssh/ssh.go, realSSHDialer.Dial. */
  readonly timeoutMs?: number;
  /** The machine that dials, for its timeline. */
  readonly at?: Site;
}

export interface SshConnection {
  readonly kind: 'ssh-connection';
  readonly connection: Connection;
  /** A `direct-tcpip` channel to there, which the other end resolves and dials. */
  dial(
    to: { readonly host: string; readonly port: number },
    signal?: AbortSignal,
  ): Promise<Connection | Refusal>;
  /** Ends it with its channels. Idempotent. */
  close(): Promise<void>;
  /** Kept when it has ended, whoever ended it. */
  readonly closed: Promise<void>;
}

const HANDSHAKE_TIMEOUT_MS = 30_000;

/** RFC 4254 §5.1, in the words of golang.org/x/crypto/ssh/channel.go. */
const rejections: Readonly<Record<number, string>> = {
  1: 'administratively prohibited',
  2: 'connect failed',
  3: 'unknown channel type',
  4: 'resource shortage',
};

/** Consumes the connection: what is refused is closed by the time the refusal is returned. */
export function startSsh(connection: Connection, options: StartSshOptions): Promise<SshConnection | Refusal> {
  const { user, privateKey, judgeHostKey, timeoutMs = HANDSHAKE_TIMEOUT_MS, at } = options;
  const { socket, remote } = connection;
  const client = new Client();
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const record = (kind: string, data: Record<string, unknown>): void =>
    at?.timeline.record(at.name, connection.id, kind, data);
  return new Promise((resolve) => {
    let refused: Refusal | null = null;
    let ready = false;
    const refuse = (code: Refusal['code'], reason: string): void => {
      refused ??= { kind: 'refusal', code, text: `ssh: handshake failed: ${reason}`, peer: remote };
      socket.destroy();
    };
    client.on('error', (error) => {
      if (!ready) refuse(...faultOf(error, connection));
    });
    client.once('ready', () => {
      ready = true;
      record('ssh-session-opened', { role: 'client', user });
      resolve({ kind: 'ssh-connection', connection, closed, ...channelsOf(client, connection), close });
    });
    void closed.then(() => {
      if (ready) return;
      refuse('CONNECTION_CLOSED', 'EOF');
      record('ssh-session-failed', { role: 'client', text: refused?.text });
      if (refused !== null) resolve(refused);
    });
    try {
      client.connect({
        sock: socket as Readable,
        username: user,
        privateKey,
        readyTimeout: timeoutMs,
        keepaliveInterval: 0,
        hostVerifier: (key: Buffer) => {
          const judgement = judgeHostKey(key);
          const error = judgement.ok ? null : judgement.error;
          record('host-key-judged', { accepted: judgement.ok, error, key: typeOf(key) });
          if (error !== null) refuse('CERTIFICATE_REFUSED', error);
          return judgement.ok;
        },
      });
    } catch (error) {
      // A private key that ssh2 does not read.
      refuse('CERTIFICATE_REFUSED', error instanceof Error ? error.message : String(error));
    }
  });

  async function close(): Promise<void> {
    client.end();
    socket.destroy();
    await closed;
  }
}

function channelsOf(client: Client, connection: Connection): Pick<SshConnection, 'dial'> {
  let channels = 0;
  return {
    dial: ({ host, port }, signal) =>
      new Promise((resolve) => {
        const peer = { address: host, port };
        const refuse = (code: Refusal['code'], text: string): void =>
          resolve({ kind: 'refusal', code, text, peer });
        const cancelled = (): void => refuse('TIMED_OUT', 'operation was canceled');
        if (signal?.aborted) return cancelled();
        // ssh2 throws when it is asked for a channel on a connection that is over.
        if (!isOpen(connection.socket)) return refuse('CONNECTION_CLOSED', 'EOF');
        signal?.addEventListener('abort', cancelled, { once: true });
        const id = channelId(connection, channels++);
        // Go says nothing of who is behind the channel, too (tcpip.go, Client.Dial).
        client.forwardOut('0.0.0.0', 0, host, port, (error, channel) => {
          signal?.removeEventListener('abort', cancelled);
          if (error !== undefined) return refuse(...rejectionOf(error));
          if (signal?.aborted) return channel.close();
          resolve({
            kind: 'connection',
            id,
            socket: new SshChannel(channel),
            local: { address: '0.0.0.0', port: 0 },
            remote: peer,
            originalDestination: peer,
          });
        });
      }),
  };
}

function isOpen(socket: Duplex): boolean {
  return socket.writable && !socket.readableEnded;
}

function rejectionOf(error: Error): [Refusal['code'], string] {
  const { reason } = error as Error & { reason?: number };
  const word = reason === undefined ? undefined : rejections[reason];
  if (word === undefined) return ['CONNECTION_CLOSED', 'EOF'];
  const said = error.message.replace('(SSH) Channel open failure: ', '');
  return ['CONNECTION_REFUSED', `ssh: rejected: ${word} (${said})`];
}

function faultOf(
  { level, message }: Error & ClientErrorExtensions,
  { local, remote }: Connection,
): [Refusal['code'], string] {
  switch (level) {
    case 'client-authentication':
      return [
        'CERTIFICATE_REFUSED',
        'ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain',
      ];
    case 'client-timeout': {
      const from = joinHostPort(local.address, local.port);
      return ['TIMED_OUT', `read tcp ${from}->${joinHostPort(remote.address, remote.port)}: i/o timeout`];
    }
    case 'client-socket':
      return ['CONNECTION_RESET', 'EOF'];
    default:
      return ['CONNECTION_CLOSED', message === 'Connection lost before handshake' ? 'EOF' : message];
  }
}

function typeOf(key: Buffer): string {
  return key.length < 4 ? '' : key.toString('latin1', 4, 4 + key.readUInt32BE(0));
}
