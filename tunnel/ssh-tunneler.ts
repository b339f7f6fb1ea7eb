import type { Logger } from 'pino';
import type { Connection, Host, Refusal } from '../network/network';
import type { Judgement } from '../network/secure';
import { type SshConnection, startSsh } from '../network/ssh-client';
import { timeLimit } from '../network/time-limit';
import { Transport } from '../network/transport';
import { goQuote } from '../wire/go-quote';
import { chooseTunnel, type Pick, pickRandom } from './choose-tunnel';

/**
 * The apiserver's end of SSH tunnels to the nodes: one for each address, kept up, and every connection to the cluster goes
 * through one of them. Source: pkg/ssh/ssh.go (SSHTunnelList), pkg/master/tunneler/ssh.go; removed in 1.22.
 */
export interface SshTunnelerOptions {
  readonly from: Host;
  readonly user: string;
  /** PEM. */
  readonly privateKey: string;
  /** Of the node at this address. Upstream believes every one. */
  readonly judgeHostKey: (address: string, key: Buffer) => Judgement;
  /** Where tunnels ought to lead at this moment. */
  readonly addresses: () => readonly string[];
  /** Whom the health check asks, at the other end of the tunnel. */
  readonly kubeletPort: number;
  readonly log: Logger;
  readonly sshPort?: number;
  readonly now?: () => number;
  /** By chance unless told otherwise. */
  readonly pick?: Pick;
  readonly syncEveryMs?: number;
  readonly healthCheckEveryMs?: number;
}

interface Tunnel {
  readonly address: string;
  readonly ssh: SshConnection;
}

const SSH_PORT = 22;
const SYNC_EVERY_MS = 15_000;
const HEALTH_CHECK_EVERY_MS = 60_000;
/** ssh.go, sshDialTimeout. */
const DIAL_TIMEOUT_MS = 150_000;
/** Go's default dialer (client-go transport defaults); through a tunnel there is none upstream. */
const CHANNEL_TIMEOUT_MS = 30_000;
/** Neither has the health check a limit upstream; but one that hangs is no reason for a tunnel to be kept. */
const HEALTH_CHECK_TIMEOUT_MS = 30_000;

export class SshTunneler implements AsyncDisposable {
  readonly #options: SshTunnelerOptions;
  readonly #now: () => number;
  #tunnels: Tunnel[] = [];
  readonly #adding = new Map<string, Promise<void>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #ending = new AbortController();
  #syncedAt: number;
  openCount = 0;
  openFailCount = 0;

  constructor(options: SshTunnelerOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#syncedAt = this.#now();
  }

  /** Opens tunnels to what is there, and keeps at it. Settles when each of the first ones is open or has failed. */
  async start(): Promise<void> {
    const { syncEveryMs = SYNC_EVERY_MS, healthCheckEveryMs = HEALTH_CHECK_EVERY_MS } = this.#options;
    this.#every(syncEveryMs, () => void this.sync());
    this.#every(healthCheckEveryMs, () => this.#checkAll(healthCheckEveryMs));
    await this.sync();
  }

  /** Opens what is missing and closes what is not wanted any more. Settles when that is done. */
  async sync(): Promise<void> {
    const wanted = this.#options.addresses();
    const gone = this.#tunnels.filter(({ address }) => !wanted.includes(address));
    this.#tunnels = this.#tunnels.filter(({ address }) => wanted.includes(address));
    for (const address of wanted) {
      const known = this.#tunnels.some((tunnel) => tunnel.address === address) || this.#adding.has(address);
      if (!known) this.#add(address);
    }
    this.#syncedAt = this.#now();
    for (const { address } of gone)
      this.#options.log.info(`Removing tunnel to deleted node at ${goQuote(address)}`);
    await Promise.all([...gone.map(({ ssh }) => ssh.close()), ...this.#adding.values()]);
  }

  get user(): string {
    return this.#options.user;
  }

  get addresses(): readonly string[] {
    return this.#tunnels.map(({ address }) => address);
  }

  get secondsSinceSync(): number {
    return Math.floor((this.#now() - this.#syncedAt) / 1000);
  }

  /** As Host.dial, but that the node at the end of the tunnel resolves the name and dials. */
  async dial(
    to: { readonly host: string; readonly port: number },
    options: { timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<Connection | Refusal> {
    const { user, log, from, pick = pickRandom } = this.#options;
    const chosen = chooseTunnel(this.addresses, to.host, pick);
    const tunnel = chosen === null ? undefined : this.#tunnels[chosen.index];
    if (chosen === null || tunnel === undefined) {
      const text = `No SSH tunnels currently open. Were the targets able to accept an ssh-key for user ${goQuote(user)}?`;
      return { kind: 'refusal', code: 'NO_ROUTE', text, peer: null };
    }
    if (!chosen.own) log.warn(`SSH tunnel not found for address ${goQuote(to.host)}, picking random node`);
    from.timeline.record(from.name, tunnel.ssh.connection.id, 'tunnel-chosen', {
      target: `${to.host}:${to.port}`,
      node: tunnel.address,
      own: chosen.own,
    });
    const limit = timeLimit(
      options.timeoutMs ?? CHANNEL_TIMEOUT_MS,
      ...(options.signal === undefined ? [] : [options.signal]),
    );
    return tunnel.ssh.dial(to, limit);
  }

  /** Ends the tunnel to there, if there is one, and dials anew: as the health check does with one that does not answer. */
  async reopen(address: string): Promise<void> {
    const tunnel = this.#tunnels.find((it) => it.address === address);
    if (tunnel !== undefined) await this.#replace(tunnel);
    else await this.sync();
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#ending.abort();
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#adding.values());
    await Promise.all(this.#tunnels.splice(0).map(({ ssh }) => ssh.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #add(address: string): void {
    const adding = this.#open(address).finally(() => this.#adding.delete(address));
    this.#adding.set(address, adding);
  }

  async #open(address: string): Promise<void> {
    const { log } = this.#options;
    log.info(`Trying to add tunnel to ${goQuote(address)}`);
    const ssh = await this.#connect(address);
    this.openCount += 1;
    if (ssh.kind === 'refusal') {
      this.openFailCount += 1;
      log.error(`Failed to open tunnel to ${goQuote(address)}: ${ssh.text}`);
      return;
    }
    if (this.#ending.signal.aborted) return ssh.close();
    this.#tunnels.push({ address, ssh });
    log.info(`Successfully added tunnel for ${goQuote(address)}`);
  }

  async #connect(address: string): Promise<SshConnection | Refusal> {
    const { from, user, privateKey, judgeHostKey, sshPort = SSH_PORT } = this.#options;
    const connection = await from.dial(
      { host: address, port: sshPort },
      { timeoutMs: DIAL_TIMEOUT_MS, signal: this.#ending.signal },
    );
    if (connection.kind === 'refusal') return connection;
    const { signal } = this.#ending;
    const hangUp = (): unknown => connection.socket.destroy();
    if (signal.aborted) hangUp();
    signal.addEventListener('abort', hangUp, { once: true });
    connection.socket.once('close', () => signal.removeEventListener('abort', hangUp));
    return startSsh(connection, {
      user,
      privateKey,
      judgeHostKey: (key) => judgeHostKey(address, key),
      at: from,
    });
  }

  /** One after the other, spread over the time until they are due again. */
  #checkAll(everyMs: number): void {
    this.#tunnels.forEach((tunnel, index) => {
      this.#after((everyMs * index) / this.#tunnels.length, () => void this.#check(tunnel));
    });
  }

  async #check(tunnel: Tunnel): Promise<void> {
    const { log } = this.#options;
    const problem = await this.#problemOf(tunnel);
    if (problem === null || this.#ending.signal.aborted) return;
    log.error(`Healthcheck failed for tunnel to ${goQuote(tunnel.address)}: ${problem}`);
    log.info(`Attempting once to re-establish tunnel to ${goQuote(tunnel.address)}`);
    await this.#replace(tunnel);
  }

  /** The kubelet's word is not looked at: that somebody answers is enough, and whoever it is. */
  async #problemOf({ ssh }: Tunnel): Promise<string | null> {
    const { from, kubeletPort } = this.#options;
    const transport = new Transport({
      from: { ...namesOf(from), dial: (to, { signal } = {}) => ssh.dial(to, signal) },
      trust: () => ({ kind: 'verify-nobody' }),
    });
    const host = `127.0.0.1:${kubeletPort}`;
    const answer = await transport.roundTrip(
      { host: '127.0.0.1', port: kubeletPort, scheme: 'https' },
      {
        method: 'GET',
        path: '/healthz',
        headers: [
          ['Host', host],
          ['User-Agent', 'Go-http-client/1.1'],
          ['Connection', 'close'],
        ],
      },
      { signal: timeLimit(HEALTH_CHECK_TIMEOUT_MS, this.#ending.signal) },
    );
    if (answer.kind === 'response') answer.body.destroy();
    return answer.kind === 'refusal' ? `Get "https://${host}/healthz": ${answer.text}` : null;
  }

  async #replace(tunnel: Tunnel): Promise<void> {
    this.#tunnels = this.#tunnels.filter((it) => it !== tunnel);
    await tunnel.ssh.close();
    if (this.#adding.has(tunnel.address) || this.#ending.signal.aborted) return;
    this.#add(tunnel.address);
    await this.#adding.get(tunnel.address);
  }

  #every(ms: number, work: () => void): void {
    this.#timers.add(setInterval(work, ms).unref());
  }

  #after(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms).unref();
    this.#timers.add(timer);
  }
}

function namesOf(host: Host): Omit<Host, 'dial'> {
  return {
    name: host.name,
    addresses: host.addresses,
    timeline: host.timeline,
    resolve: (name) => host.resolve(name),
    listen: (at, accept) => host.listen(at, accept),
  };
}
