import { readFile, writeFile } from 'node:fs/promises';
import { MidplaneError } from '../error';
import { type ArpAnnouncer, type ArpClaim, announceArp } from '../network/arping';
import { type Cidr, cidrContains, hostsFromLast, parseCidr } from '../network/cidr';
import { sendDatagram } from '../network/datagram';
import { hostNetwork } from '../network/host-network';
import type { Endpoint } from '../network/network';
import { type NetworkTools, networkTools } from '../network/nft';
import type { Timeline } from '../network/timeline';
import { type Redirect, removeTable, renderPretences, renderTable } from './nft-rules';
import type { OnPathHost, SlowUndo } from './position';

/**
 * A machine that is the gateway of two networks. Whatever goes between them is forwarded by its kernel, untouched and
 * unseen; what an attack wants is delivered here instead, by rules of a table of its own.
 */
export interface RouterHost extends OnPathHost, AsyncDisposable {
  /** Kept when neighbours are no longer told what they were to believe: the machine is off the path then. */
  readonly lost: Promise<MidplaneError>;
  /**
   * Says no more untruths and has those who were told them learn the truth; removes the rules and the addresses that
   * were added. Idempotent.
   */
  close(): Promise<void>;
}

export interface RouterOptions {
  readonly name: string;
  /** This machine's address as gateway of the victims' network, `10.78.1.2/24`. */
  readonly inside: string;
  /** The same on the network of the targets. */
  readonly outside: string;
  /** For a machine that is nobody's gateway: two of its neighbours that are each to take it for the other. */
  readonly spoof?: readonly [string, string] | null;
  readonly timeline?: Timeline;
  readonly kernel?: RouterKernel;
}

/** What a router needs of the machine it runs on. */
export interface RouterKernel extends NetworkTools {
  /** Has the kernel forward packets; returns whether it does. */
  forward(): Promise<boolean>;
  /** Tells a neighbour an untruth until it is closed. */
  announce(claim: ArpClaim): ArpAnnouncer;
  /** Until neighbours may be expected to believe. */
  believed(): Promise<void>;
  /** Sends an empty datagram. */
  datagram(to: Endpoint): Promise<void>;
}

/** Throws MidplaneError: CONFIG_INVALID for a network that is not there, LAB_START_FAILED for what the kernel refuses. */
export async function openRouterHost(options: RouterOptions): Promise<RouterHost> {
  const { kernel = systemKernel(), spoof = null } = options;
  const interfaces = readInterfaces(await kernel.ip(['-j', '-4', 'addr', 'show']));
  const inside = findSide(interfaces, options.inside);
  const outside = findSide(interfaces, options.outside);
  if (!(await kernel.forward())) throw notForwarding();
  const table = new RedirectTable(kernel);
  const added: Side[] = [];
  const announcers: ArpAnnouncer[] = [];
  const close = async (): Promise<void> => {
    const ending = announcers.splice(0);
    await Promise.all(ending.map((announcer) => announcer.close()));
    if (spoof !== null && ending.length > 0) await undeceive(kernel, spoof, inside);
    await table.close();
    for (const side of added.splice(0)) await kernel.ip(['addr', 'del', side.text, 'dev', side.interface]);
  };
  try {
    // First of all: rules that an earlier process left behind would lead traffic to where nobody listens.
    await table.open();
    for (const side of options.inside === options.outside ? [inside] : [inside, outside]) {
      if (side.present) continue;
      await kernel.ip(['addr', 'add', side.text, 'dev', side.interface]);
      added.push(side);
    }
    if (spoof !== null) {
      for (const [claimed, told] of [spoof, [spoof[1], spoof[0]]] as const) {
        announcers.push(kernel.announce({ interface: inside.interface, claimed, told }));
      }
      await Promise.race([
        kernel.believed(),
        ...announcers.map(async ({ failed }) => {
          throw await failed;
        }),
      ]);
    }
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
  const { name, timeline } = options;
  const network = hostNetwork({
    name,
    addresses: [inside.address, outside.address],
    ...(timeline === undefined ? {} : { timeline }),
  });
  return {
    name: network.name,
    addresses: network.addresses,
    timeline: network.timeline,
    resolve: network.resolve,
    dial: network.dial,
    listen: network.listen,
    forwards: true,
    tap: null,
    nat: {
      redirect: ({ to, toPort }) => {
        if (to.port === undefined) throw new RangeError('a router takes single ports only');
        const side = cidrContains(inside.network, to.address) ? outside : inside;
        return table.add({
          arrivingAt: side.interface,
          to: { address: to.address, port: to.port },
          deliverTo: { address: inside.address, port: toPort },
        });
      },
    },
    lost: new Promise((resolve) => {
      for (const { failed } of announcers) void failed.then(resolve);
    }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Where traceroute's first datagram goes: nobody listens there. */
const CLOSED_PORT = 33_434;

/** More than one address, in case that the first ones are somebody's after all. */
const SPARES = 3;

/**
 * Each of the deceived is sent something from addresses that nobody has. To answer, it has to ask the segment for them,
 * three times within two seconds, and whoever knows an asker takes over its hardware address from the question
 * (RFC 826). That takes nothing but what a router needs anyway; arping(8) cannot speak for another hardware address.
 */
async function undeceive(
  kernel: RouterKernel,
  deceived: readonly [string, string],
  { network, address: own }: Side,
): Promise<void> {
  const spares: string[] = [];
  for (const address of hostsFromLast(network)) {
    if (spares.length === SPARES) break;
    if (address !== own && !deceived.includes(address)) spares.push(address);
  }
  const pretences = deceived.flatMap((address) =>
    spares.map((from, index) => ({ to: { address, port: CLOSED_PORT + index }, from })),
  );
  await kernel.nft(renderPretences(pretences));
  await Promise.all(pretences.map(({ to }) => kernel.datagram(to)));
}

/** The router's leg on one of its networks. */
interface Side {
  readonly text: string;
  readonly address: string;
  readonly network: Cidr;
  readonly interface: string;
  /** Whether the machine has the address already. */
  readonly present: boolean;
}

/** The interface is found by its network: the order of a container's interfaces is not the order of its networks. */
function findSide(interfaces: readonly NetworkInterface[], text: string): Side {
  const address = text.split('/')[0] ?? '';
  const network = parseCidr(text);
  const own = interfaces.find((it) => it.address === address);
  const found = own ?? interfaces.find((it) => cidrContains(network, it.address));
  if (found !== undefined) {
    return { text, address, network, interface: found.name, present: own !== undefined };
  }
  const there = interfaces.map((it) => `${it.name} ${it.address}`).join(', ');
  throw new MidplaneError('CONFIG_INVALID', `no interface of this machine is in the network of "${text}"`, {
    hint: `its interfaces are: ${there === '' ? 'none' : there}`,
  });
}

/** One address of one interface. */
interface NetworkInterface {
  readonly name: string;
  readonly address: string;
}

/** What `ip -j -4 addr show` prints. Not os.networkInterfaces(), which is silent about links that are just coming up. */
function readInterfaces(json: string): NetworkInterface[] {
  const links = JSON.parse(json) as readonly { ifname: string; addr_info?: readonly { local?: string }[] }[];
  return links.flatMap(({ ifname: name, addr_info: addresses = [] }) =>
    addresses.flatMap(({ local: address }) => (address === undefined ? [] : [{ name, address }])),
  );
}

function notForwarding(): MidplaneError {
  return new MidplaneError(
    'LAB_START_FAILED',
    'this machine does not forward packets (net.ipv4.ip_forward is 0)',
    {
      hint: 'set the sysctl net.ipv4.ip_forward=1 for the container or the machine',
    },
  );
}

/** The redirects of this router, one change after the other, each with the whole table in one transaction. */
class RedirectTable {
  readonly #kernel: RouterKernel;
  #redirects: readonly Redirect[] = [];
  #last: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(kernel: RouterKernel) {
    this.#kernel = kernel;
  }

  open(): Promise<void> {
    return this.#apply();
  }

  async add(redirect: Redirect): Promise<SlowUndo> {
    this.#redirects = [...this.#redirects, redirect];
    let removed: Promise<void> | null = null;
    const remove: SlowUndo = () => {
      this.#redirects = this.#redirects.filter((it) => it !== redirect);
      removed ??= this.#apply();
      return removed;
    };
    try {
      await this.#apply();
    } catch (error) {
      this.#redirects = this.#redirects.filter((it) => it !== redirect);
      throw error;
    }
    return remove;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#last;
    await this.#kernel.nft(removeTable());
  }

  #apply(): Promise<void> {
    const applied = this.#last.then(async () => {
      if (!this.#closed) await this.#kernel.nft(renderTable(this.#redirects));
    });
    this.#last = applied.catch(() => undefined);
    return applied;
  }
}

const IP_FORWARD = '/proc/sys/net/ipv4/ip_forward';

/** A kernel keeps a neighbour's address for a second before it believes in another one (locktime). */
const BELIEVED_MS = 2_500;

function systemKernel(): RouterKernel {
  return {
    ...networkTools(),
    announce: announceArp,
    datagram: sendDatagram,
    believed: () => new Promise((resolve) => setTimeout(resolve, BELIEVED_MS)),
    async forward() {
      if (await isForwarding()) return true;
      // In a container this file is read-only, and the setting is the engine's to make.
      await writeFile(IP_FORWARD, '1').catch(() => undefined);
      return isForwarding();
    },
  };
}

async function isForwarding(): Promise<boolean> {
  return (await readFile(IP_FORWARD, 'latin1').catch(() => '0')).trim() === '1';
}
