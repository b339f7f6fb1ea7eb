import type { Socket } from 'node:net';
import { type AuthContext, Server, type Connection as Ssh2Connection, utils } from 'ssh2';
import type { Connection } from './network';
import type { Site } from './secure';
import { SshChannel } from './ssh-channel';

/**
 * The server side of SSH for the lab's nodes, and for who poses as one: users come in by public key, and all they can have
 * is `direct-tcpip`, a connection to somewhere. Shells, commands, files and listening are refused.
 */
export interface SshAcceptorOptions {
  /** PEM. */
  readonly hostKey: string;
  /** Whether this user may come in with this key, which is in its wire form; that it is his own is looked at here. */
  readonly admits: (user: string, key: Buffer) => boolean;
  /** A user who is in wants a connection. Each must be accepted or rejected. */
  readonly opens: (request: ChannelRequest, session: SshSession) => void;
  /** The machine that accepts, for its timeline. */
  readonly at?: Site;
  readonly timeoutMs?: number;
}

export interface ChannelRequest {
  /** What the user asks to be connected to: a name or an address, as he sent it. */
  readonly host: string;
  readonly port: number;
  accept(): Connection;
  /** Answered as `connect failed`. */
  reject(): void;
}

export interface SshSession {
  readonly kind: 'ssh-session';
  readonly connection: Connection;
  readonly user: string;
  /** In its wire form. */
  readonly userKey: Buffer;
}

export interface SshFailure {
  readonly kind: 'ssh-failure';
  readonly connection: Connection;
  /** Whether the client took the host key: it has shown a key of its own, or asked how it may come in. */
  readonly hostKeyBelieved: boolean;
  readonly text: string;
}

/** sshd_config(5), LoginGraceTime. */
const LOGIN_GRACE_MS = 120_000;

/** Kept when the user is in, or will never be. A connection that fails is closed by then. */
export function acceptSsh(
  connection: Connection,
  options: SshAcceptorOptions,
): Promise<SshSession | SshFailure> {
  return new Promise((resolve) => new Acceptance(connection, options, resolve).begin());
}

class Acceptance {
  readonly #connection: Connection;
  readonly #options: SshAcceptorOptions;
  readonly #resolve: (outcome: SshSession | SshFailure) => void;
  #session: SshSession | null = null;
  #believed = false;
  #settled = false;
  #channels = 0;
  #grace: NodeJS.Timeout | undefined;

  constructor(
    connection: Connection,
    options: SshAcceptorOptions,
    resolve: (outcome: SshSession | SshFailure) => void,
  ) {
    this.#connection = connection;
    this.#options = options;
    this.#resolve = resolve;
  }

  begin(): void {
    const { socket } = this.#connection;
    const server = new Server({ hostKeys: [this.#options.hostKey], ident: 'OpenSSH_9.6' }, (ssh) =>
      this.#speak(ssh),
    );
    this.#grace = setTimeout(() => socket.destroy(), this.#options.timeoutMs ?? LOGIN_GRACE_MS);
    socket.once('close', () => {
      clearTimeout(this.#grace);
      this.#fail('the client hung up');
    });
    socket.on('error', () => undefined);
    // Half an SSH connection is none, and ssh2 leaves its half open.
    socket.once('end', () => socket.destroy());
    server.injectSocket(socket as Socket);
  }

  #speak(ssh: Ssh2Connection): void {
    ssh.on('error', (error: Error) => this.#fail(error.message));
    ssh.on('authentication', (attempt) => {
      // RFC 4252 §5: a client asks for this service only when it has taken the host key.
      this.#believed = true;
      if (!this.#admits(attempt)) attempt.reject(['publickey']);
      else attempt.accept();
    });
    ssh.on('ready', () => this.#succeed());
    ssh.on('tcpip', (accept, reject, { destIP, destPort }) => {
      if (this.#session === null) return reject();
      const number = this.#channels++;
      const request: ChannelRequest = {
        host: destIP,
        port: destPort,
        accept: () => this.#channel(number, new SshChannel(accept()), destIP, destPort),
        reject,
      };
      this.#options.opens(request, this.#session);
    });
  }

  #user: { name: string; key: Buffer } | null = null;

  #admits(attempt: AuthContext): boolean {
    if (attempt.method !== 'publickey') return false;
    const { username, key, blob, signature, hashAlgo } = attempt;
    if (!this.#options.admits(username, key.data)) return false;
    // Without a signature the client only asks whether the key would do.
    if (signature === undefined || blob === undefined) return true;
    const parsed = utils.parseKey(authorizedKey(key.data));
    if (parsed instanceof Error || parsed.verify(blob, signature, hashAlgo) !== true) return false;
    this.#user = { name: username, key: key.data };
    return true;
  }

  #succeed(): void {
    if (this.#settled || this.#user === null) return;
    this.#settled = true;
    clearTimeout(this.#grace);
    const { name: user, key: userKey } = this.#user;
    this.#session = { kind: 'ssh-session', connection: this.#connection, user, userKey };
    this.#record('ssh-session-opened', { role: 'server', user });
    this.#resolve(this.#session);
  }

  #fail(text: string): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#record('ssh-session-failed', { role: 'server', text });
    const failure: SshFailure = {
      kind: 'ssh-failure',
      connection: this.#connection,
      hostKeyBelieved: this.#believed,
      text,
    };
    const { socket } = this.#connection;
    socket.destroy();
    if (socket.closed) this.#resolve(failure);
    else socket.once('close', () => this.#resolve(failure));
  }

  #channel(number: number, socket: SshChannel, host: string, port: number): Connection {
    const to = { address: host, port };
    return {
      kind: 'connection',
      id: channelId(this.#connection, number),
      socket,
      local: to,
      remote: this.#connection.remote,
      originalDestination: to,
    };
  }

  #record(kind: string, data: Record<string, unknown>): void {
    const { at } = this.#options;
    at?.timeline.record(at.name, this.#connection.id, kind, data);
  }
}

/** The same on both ends: channels are opened by one side only, and their requests stay in order. */
export function channelId({ id }: Connection, number: number): string {
  return `${id}/${number}`;
}

/** A line of authorized_keys from a key in its wire form, which begins with its type (RFC 4253 §6.6). */
function authorizedKey(key: Buffer): string {
  const type = key.length < 4 ? '' : key.toString('latin1', 4, 4 + key.readUInt32BE(0));
  return `${type} ${key.toString('base64')}`;
}
