import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { MidplaneError } from '../error';
import type { CarriedConnection } from './carried-connection';
import { type Cidr, cidrContains, parseCidr } from './cidr';
import { NatTable } from './fabric-nat';
import { findPath, type Hop, type Machine, type Path } from './fabric-path';
import { NeighbourTable, RouteTable } from './fabric-tables';
import {
  type Connection,
  type Endpoint,
  type Host,
  joinHostPort,
  type Listener,
  type Refusal,
} from './network';
import { splice } from './splice';
import { Timeline } from './timeline';
import { waitOrAbort } from './wait-or-abort';
import { tellConnection, type WireListener, wiredConnection } from './wire-event';

/**
 * The fabric: the lab's network inside one process, without root and on every platform.
 *
 * Layers 2 and 3 are data (addresses, neighbours, routes, names, address translation); layer 4 is real: every virtual
 * address and port is backed by a TCP listener on 127.0.0.1 with a port of the system's choice, so TLS and all bytes
 * are what they would be on a wire. Whoever changes a table moves the traffic of every connection opened after that;
 * a connection that is open keeps its path.
 *
 * Half-close: accepted sockets stay writable when the dialler ends its side, as a server's should.
 */

export interface TappedBytes {
  readonly connection: string;
  readonly from: Endpoint;
  readonly to: Endpoint;
  /** `up` is what the dialler sent. */
  readonly direction: 'up' | 'down';
  readonly bytes: Buffer;
}

export type TapListener = (tapped: TappedBytes) => void;

export interface HostSpec {
  readonly name: string;
  /** Address with prefix length, one an interface: `10.0.0.11/24`. The first is the source address by default. */
  readonly addresses: readonly string[];
  readonly gateway?: string;
  /** Whether it passes on what is addressed to others (`net.ipv4.ip_forward`). */
  readonly forwards?: boolean;
  /** Its own resolver's entries, before the fabric's names. */
  readonly names?: Readonly<Record<string, string>>;
}

/** What the accepting end must know about a loopback connection that reaches it. */
interface Arrival {
  readonly connection: string;
  readonly dialler: Endpoint;
  readonly destination: Endpoint;
}

/** Every machine has it, and nobody reaches another's. */
const LOOPBACK = '127.0.0.1';
const EPHEMERAL_PORTS_FROM = 32768;

export class Fabric implements AsyncDisposable {
  readonly timeline: Timeline;
  readonly #hosts = new Map<string, FabricHost>();
  /**
   * Keyed by both ports of the loopback connection, known to us before the listener can see it. The dialler's port alone
   * is not enough: the system gives it to two sockets at once when they go to different ports.
   */
  readonly #arrivals = new Map<string, Arrival>();
  readonly #closers = new Set<() => Promise<void>>();
  readonly #dialled = new Set<Socket>();
  readonly #watchers = new Set<(connection: CarriedConnection) => void>();
  readonly #captures = new Set<WireListener>();
  readonly #connections = new Map<string, number>();
  #closed = false;

  constructor(options: { timeline?: Timeline } = {}) {
    this.timeline = options.timeline ?? new Timeline();
  }

  addHost(spec: HostSpec): FabricHost {
    if (this.#hosts.has(spec.name)) throw new RangeError(`two hosts named "${spec.name}"`);
    const host = new FabricHost(this, spec);
    this.#hosts.set(spec.name, host);
    return host;
  }

  /** Takes a machine off the network, with its listeners and their connections. */
  async removeHost(name: string): Promise<void> {
    const host = this.#hosts.get(name);
    this.#hosts.delete(name);
    await host?.closeListeners();
  }

  host(name: string): FabricHost | undefined {
    return this.#hosts.get(name);
  }

  get hosts(): readonly FabricHost[] {
    return [...this.#hosts.values()];
  }

  /** Ends every listener and connection. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#hosts.values()].map((host) => host.closeListeners()));
    await Promise.all([...this.#closers].map((close) => close()));
    await Promise.all([...this.#dialled].map(ended));
    this.#arrivals.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Counted for each machine and what it dials, so that nobody's connections are called otherwise because others dial too. */
  nextConnectionId(from: string, to: Endpoint): string {
    const way = `${from}>${joinHostPort(to.address, to.port)}`;
    const number = (this.#connections.get(way) ?? 0) + 1;
    this.#connections.set(way, number);
    return `${way}#${number}`;
  }

  ownerOf(address: string): FabricHost | undefined {
    for (const host of this.#hosts.values()) if (host.addresses.includes(address)) return host;
    return undefined;
  }

  /** Tells of every connection that is opened from now on. Returns the undo. */
  watch(watcher: (connection: CarriedConnection) => void): () => void {
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  /** Shows whatever goes over connections that are opened from now on; they then pass this process once more. Returns the undo. */
  capture(listener: WireListener): () => void {
    this.#captures.add(listener);
    return () => {
      this.#captures.delete(listener);
    };
  }

  get captures(): ReadonlySet<WireListener> {
    return this.#captures;
  }

  carried(connection: CarriedConnection): void {
    for (const watcher of this.#watchers) watcher(connection);
  }

  /** The machine that `at` would hand a packet to: what its neighbour table says, else the true owner on a shared segment. */
  neighbourOf(at: FabricHost, address: string): FabricHost | undefined {
    const believed = at.neighbours.get(address);
    if (believed !== undefined) return this.#hosts.get(believed);
    const owner = this.ownerOf(address);
    return owner !== undefined && at.sharesSegmentWith(owner, address) ? owner : undefined;
  }

  /** Dials a listener's loopback port, announcing who comes before the listener can ask. */
  dialLoopback(port: number, arrival: Arrival, options: { allowHalfOpen: boolean }): Socket {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: options.allowHalfOpen });
    // Node issues connect(2) in the tick queued by connect(); in the tick after it the socket has its local port, and
    // no listener of this process can have been called yet.
    process.nextTick(() => {
      const loopbackPort = socket.localPort;
      if (loopbackPort === undefined) return;
      const ports = `${loopbackPort}:${port}`;
      this.#arrivals.set(ports, arrival);
      socket.once('close', () => {
        if (this.#arrivals.get(ports) === arrival) this.#arrivals.delete(ports);
      });
    });
    this.#dialled.add(socket);
    socket.once('close', () => this.#dialled.delete(socket));
    socket.setNoDelay(true);
    return socket;
  }

  /** A loopback listener that only this fabric's diallers can reach: anybody else on the machine is hung up on. */
  async listenLoopback(accept: (socket: Socket, arrival: Arrival) => void): Promise<LoopbackListener> {
    const open = new Set<Socket>();
    const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const arrival = this.#arrivals.get(`${socket.remotePort}:${socket.localPort}`);
      if (arrival === undefined) {
        socket.destroy();
        return;
      }
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      accept(socket, arrival);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: '127.0.0.1', port: 0 }, resolve);
    });
    const close = async (): Promise<void> => {
      if (!this.#closers.delete(close)) return;
      const drained = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all([...open].map(ended));
      await drained;
    };
    this.#closers.add(close);
    if (this.#closed) {
      await close();
      throw new MidplaneError('LISTEN_FAILED', 'the network is closed');
    }
    const finish = (): void => {
      server.close(() => this.#closers.delete(close));
    };
    return { port: (server.address() as AddressInfo).port, close, finish };
  }
}

interface LoopbackListener {
  readonly port: number;
  /** Ends what was accepted, too. */
  close(): Promise<void>;
  /** Accepts nobody any more; what was accepted goes on to its own end. */
  finish(): void;
}

interface DialPlan {
  readonly id: string;
  readonly destination: Endpoint;
  readonly loopbackPort: number;
  readonly path: Path<FabricHost> & { readonly kind: 'delivered' };
}

interface BoundListener {
  readonly at: Endpoint;
  readonly loopbackPort: number;
  close(): Promise<void>;
}

export class FabricHost implements Host, Machine {
  readonly name: string;
  readonly neighbours = new NeighbourTable();
  readonly routes = new RouteTable();
  readonly nat = new NatTable();
  readonly names: Map<string, string>;
  forwards: boolean;
  /** Locally administered, and as Docker makes it: of the first address. */
  readonly hardwareAddress: string;
  readonly #fabric: Fabric;
  readonly #interfaces: { address: string; segment: Cidr }[] = [];
  readonly #listeners = new Map<string, BoundListener>();
  readonly #taps = new Set<TapListener>();
  #ephemeral = EPHEMERAL_PORTS_FROM;

  constructor(fabric: Fabric, spec: HostSpec) {
    this.#fabric = fabric;
    this.name = spec.name;
    this.forwards = spec.forwards ?? false;
    this.names = new Map(Object.entries(spec.names ?? {}));
    for (const address of spec.addresses) this.addAddress(address);
    const bytes = (this.addresses[0] ?? '0.0.0.0')
      .split('.')
      .map((byte) => Number(byte).toString(16).padStart(2, '0'));
    this.hardwareAddress = ['02', '42', ...bytes].join(':');
    if (spec.gateway !== undefined) this.routes.add({ to: 'default', via: spec.gateway });
  }

  get timeline(): Timeline {
    return this.#fabric.timeline;
  }

  get addresses(): readonly string[] {
    return this.#interfaces.map((it) => it.address);
  }

  /** Adds an interface, with the on-link route that comes with it. */
  addAddress(cidr: string): void {
    const address = cidr.slice(0, cidr.includes('/') ? cidr.indexOf('/') : undefined);
    this.#interfaces.push({ address, segment: parseCidr(cidr) });
    this.routes.add({ to: cidr });
  }

  sharesSegmentWith(other: FabricHost, address: string): boolean {
    const theirs = other.#interfaces.find((it) => it.address === address)?.segment;
    return this.#interfaces.some(
      ({ segment }) => segment.network === theirs?.network && segment.prefixLength === theirs.prefixLength,
    );
  }

  /** Shows the bytes of connections that this machine forwards and that are opened from now on. Returns the undo. */
  tap(listener: TapListener): () => void {
    this.#taps.add(listener);
    return () => {
      this.#taps.delete(listener);
    };
  }

  get taps(): ReadonlySet<TapListener> {
    return this.#taps;
  }

  /** What its resolver holds of a name, whoever told it so. */
  held(name: string): string | undefined {
    return this.names.get(name);
  }

  async resolve(name: string): Promise<readonly string[] | Refusal> {
    if (/^[0-9.]+$/.test(name) || name.includes(':')) return [name];
    const own =
      this.names.get(name) ?? (name === 'localhost' ? LOOPBACK : this.#fabric.host(name)?.addresses[0]);
    if (own !== undefined) return [own];
    return { kind: 'refusal', code: 'NAME_NOT_FOUND', text: `lookup ${name}: no such host`, peer: null };
  }

  async dial(
    to: { readonly host: string; readonly port: number },
    options: { timeoutMs?: number; signal?: AbortSignal; marked?: boolean } = {},
  ): Promise<Connection | Refusal> {
    const resolved = await this.resolve(to.host);
    if ('kind' in resolved) return { ...resolved, text: `dial tcp: ${resolved.text}` };
    const destination: Endpoint = { address: resolved[0] ?? to.host, port: to.port };
    const id = this.#fabric.nextConnectionId(this.name, destination);
    const path = findPath<FabricHost>(
      this,
      destination,
      (at, address) => this.#fabric.neighbourOf(at, address),
      options.marked,
    );
    switch (path.kind) {
      case 'no-route':
        return this.#refuse(id, destination, 'NO_ROUTE', 'connect: no route to host');
      case 'rejected':
        return this.#refuse(id, destination, 'CONNECTION_REFUSED', 'connect: connection refused');
      case 'dropped':
        await waitOrAbort(options.timeoutMs ?? 30_000, options.signal);
        return this.#refuse(id, destination, 'TIMED_OUT', 'i/o timeout');
      case 'delivered': {
        const listener = this.#fabric.closed
          ? undefined
          : path.machine.listenerAt(path.destination.address, path.port, path.redirected);
        if (listener === undefined)
          return this.#refuse(id, destination, 'CONNECTION_REFUSED', 'connect: connection refused');
        return this.#open({ id, destination, loopbackPort: listener.loopbackPort, path });
      }
    }
  }

  async listen(at: Endpoint, accept: (connection: Connection) => void): Promise<Listener> {
    const port = at.port === 0 ? this.#ephemeralPort() : at.port;
    const bound: Endpoint = { address: at.address, port };
    const key = joinHostPort(at.address, port);
    const problem = this.#listenProblem(at.address, port);
    if (problem !== null) {
      throw new MidplaneError('LISTEN_FAILED', `listen tcp ${key}: bind: ${problem} on "${this.name}"`, {
        hint: `choose a free port and an address of "${this.name}": ${this.addresses.join(', ')}`,
      });
    }
    // Reserved at once: two calls in one tick must not both succeed.
    this.#listeners.set(key, { at: bound, loopbackPort: 0, close: async () => undefined });
    const loopback = await this.#fabric.listenLoopback((socket, arrival) => {
      accept({
        kind: 'connection',
        id: arrival.connection,
        socket,
        local: { address: at.address === '0.0.0.0' ? arrival.destination.address : at.address, port },
        remote: arrival.dialler,
        originalDestination: arrival.destination,
      });
    });
    const close = async (): Promise<void> => {
      if (this.#listeners.get(key)?.loopbackPort === loopback.port) this.#listeners.delete(key);
      await loopback.close();
    };
    this.#listeners.set(key, { at: bound, loopbackPort: loopback.port, close });
    return { at: bound, close, [Symbol.asyncDispose]: close };
  }

  /** A redirected connection is delivered at the rule's port whatever address the listener has. */
  listenerAt(address: string, port: number, redirected: boolean): BoundListener | undefined {
    const exact =
      this.#listeners.get(joinHostPort(address, port)) ?? this.#listeners.get(joinHostPort('0.0.0.0', port));
    const found =
      exact ??
      (redirected ? [...this.#listeners.values()].find((listener) => listener.at.port === port) : undefined);
    return found === undefined || found.loopbackPort === 0 ? undefined : found;
  }

  async closeListeners(): Promise<void> {
    await Promise.all([...this.#listeners.values()].map((listener) => listener.close()));
  }

  async #open({ id, destination, loopbackPort, path }: DialPlan): Promise<Connection | Refusal> {
    const watchers = path.through.filter(({ machine }) => machine.taps.size > 0);
    const isSeen = watchers.length > 0 || this.#fabric.captures.size > 0;
    const splicer = isSeen ? await this.#splicer(loopbackPort, path, watchers) : null;
    const local = { address: this.sourceAddress(destination.address), port: 0 };
    const dialler = { address: path.source, port: 0 };
    const arrival = { connection: id, dialler, destination: path.destination };
    const socket = this.#fabric.dialLoopback(splicer?.port ?? loopbackPort, arrival, {
      allowHalfOpen: false,
    });
    if (splicer !== null) socket.once('connect', () => splicer.finish());
    process.nextTick(() => {
      local.port = socket.localPort ?? 0;
      dialler.port = local.port;
    });
    const failure = await new Promise<Error | null>((resolve) => {
      socket.once('connect', () => resolve(null));
      socket.once('error', resolve);
    });
    if (failure !== null)
      return this.#refuse(id, destination, 'CONNECTION_REFUSED', 'connect: connection refused');
    this.#fabric.carried({
      from: this.name,
      source: path.source,
      to: destination,
      destination: path.destination,
      deliveredTo: path.machine.name,
    });
    this.timeline.record(this.name, id, 'connection-opened', {
      from: local,
      to: destination,
      ...(path.destination === destination ? {} : { translatedTo: path.destination }),
      through: path.through.map(({ machine }) => machine.name),
      deliveredTo: path.machine.name,
    });
    return {
      kind: 'connection',
      id,
      socket,
      local,
      remote: destination,
      originalDestination: destination,
    };
  }

  /** A one-connection relay on the path, so that whoever may see its bytes does. */
  async #splicer(
    toLoopbackPort: number,
    path: DialPlan['path'],
    watchers: readonly Hop<FabricHost>[],
  ): Promise<LoopbackListener> {
    const captures = [...this.#fabric.captures];
    return this.#fabric.listenLoopback((inward, arrival) => {
      const outward = this.#fabric.dialLoopback(toLoopbackPort, arrival, { allowHalfOpen: true });
      const { connection: id } = arrival;
      const connection = wiredConnection(id, this, path, arrival.dialler.port);
      for (const capture of captures) tellConnection(connection, inward, outward, capture);
      splice(inward, outward, (from, bytes) => {
        const direction = from === 'a' ? 'up' : 'down';
        for (const capture of captures) capture({ kind: 'bytes', id, direction, bytes });
        for (const { machine, source, destination } of watchers) {
          const seenFrom = { address: source, port: arrival.dialler.port };
          const tapped: TappedBytes = { connection: id, from: seenFrom, to: destination, direction, bytes };
          for (const tap of machine.taps) tap(tapped);
        }
      });
    });
  }

  #refuse(id: string, peer: Endpoint, code: Refusal['code'], reason: string): Refusal {
    const text = `dial tcp ${joinHostPort(peer.address, peer.port)}: ${reason}`;
    this.timeline.record(this.name, id, 'connection-refused', { to: peer, text });
    return { kind: 'refusal', code, text, peer };
  }

  sourceAddress(destination: string): string {
    if (destination.startsWith('127.')) return LOOPBACK;
    const onLink = this.#interfaces.find(({ segment }) => cidrContains(segment, destination));
    return (onLink ?? this.#interfaces[0])?.address ?? '0.0.0.0';
  }

  #listenProblem(address: string, port: number): string | null {
    const isOurs = address === '0.0.0.0' || address === LOOPBACK || this.addresses.includes(address);
    if (!isOurs) return 'cannot assign requested address';
    for (const { at } of this.#listeners.values()) {
      const overlaps = at.address === address || at.address === '0.0.0.0' || address === '0.0.0.0';
      if (at.port === port && overlaps) return 'address already in use';
    }
    return null;
  }

  #ephemeralPort(): number {
    this.#ephemeral += 1;
    return this.#ephemeral;
  }
}

function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
    socket.destroy();
  });
}
