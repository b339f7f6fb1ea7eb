import type { Logger } from 'pino';
import { type Connection, type Endpoint, type Host, joinHostPort } from '../network/network';
import { splice } from '../network/splice';
import { acceptSsh, type ChannelRequest, type SshSession } from '../network/ssh-server';

/**
 * The node's end of an SSH tunnel: what an sshd does that lets one user in by his key and forwards TCP for him
 * (`AllowTcpForwarding local`, and no session of any kind). Whatever he asks for is dialled from here, as the node.
 */
export interface SshdOptions {
  readonly host: Host;
  readonly at: Endpoint;
  /** PEM. */
  readonly hostKey: string;
  readonly user: string;
  /** In their wire form, base64. */
  readonly authorizedKeys: readonly string[];
  readonly log: Logger;
}

export interface Sshd extends AsyncDisposable {
  readonly at: Endpoint;
  /** Ends every session with what it forwards. Idempotent. */
  close(): Promise<void>;
}

/** Throws MidplaneError LISTEN_FAILED. */
export async function startSshd(options: SshdOptions): Promise<Sshd> {
  const { host, at, hostKey, user, authorizedKeys, log } = options;
  const accept = async (connection: Connection): Promise<void> => {
    const from = joinHostPort(connection.remote.address, connection.remote.port);
    const outcome = await acceptSsh(connection, {
      hostKey,
      admits: (name, key) => name === user && authorizedKeys.includes(key.toString('base64')),
      opens: (request, session) => void forward(request, session, options),
      at: host,
    });
    if (outcome.kind === 'ssh-session') log.info({ from, user: outcome.user }, 'Accepted publickey');
    else log.info({ from, text: outcome.text }, 'SSH session failed');
  };
  const listener = await host.listen(at, (connection) => void accept(connection));
  const close = (): Promise<void> => listener.close();
  return { at: listener.at, close, [Symbol.asyncDispose]: close };
}

async function forward(
  request: ChannelRequest,
  { connection: { id } }: SshSession,
  { host, log }: SshdOptions,
): Promise<void> {
  const target = joinHostPort(request.host, request.port);
  host.timeline.record(host.name, id, 'tunnel-target-named', { target });
  const dialled = await host.dial(request);
  if (dialled.kind === 'refusal') {
    log.info({ target, text: dialled.text }, 'connect failed');
    request.reject();
    return;
  }
  const channel = request.accept();
  channel.socket.on('error', () => undefined);
  dialled.socket.on('error', () => undefined);
  splice(channel.socket, dialled.socket);
}
