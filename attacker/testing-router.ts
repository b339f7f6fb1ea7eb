import type { MidplaneError } from '../error';
import type { Endpoint } from '../network/network';
import type { RouterKernel } from './router-host';

/** For tests only: a kernel that keeps what it is told, and a victim's packets that go where its rules say. */
export interface FakeKernel extends RouterKernel {
  readonly told: string[];
  /** Set by a test: what nft answers from then on. */
  failure: Error | null;
  /** What forged ARP ends with; never, unless a test gives a promise that is kept. */
  arpFailure: Promise<MidplaneError>;
  /** Where a new connection to this endpoint is delivered now: the endpoint itself without a rule. */
  deliver(to: Endpoint): Endpoint;
}

export interface FakeMachine {
  readonly links?: readonly { readonly ifname: string; readonly addresses: readonly string[] }[];
  readonly forwards?: boolean;
}

export const TWO_LINKS = [
  { ifname: 'lo', addresses: ['127.0.0.1'] },
  { ifname: 'eth1', addresses: ['10.78.1.3'] },
  { ifname: 'eth0', addresses: ['10.78.2.3'] },
];

export function fakeKernel({ links = TWO_LINKS, forwards = true }: FakeMachine = {}): FakeKernel {
  let rules = '';
  const kernel: FakeKernel = {
    told: [],
    failure: null,
    arpFailure: new Promise(() => undefined),
    async nft(script) {
      if (kernel.failure !== null) throw kernel.failure;
      rules = script;
      const added = script.split('\n').filter((line) => /[ds]nat to/.test(line));
      kernel.told.push(script.includes('chain') ? `rules: ${added.length}` : 'no table');
    },
    async ip(args) {
      if (!args.includes('show')) kernel.told.push(`ip ${args.join(' ')}`);
      return JSON.stringify(
        links.map(({ ifname, addresses }) => ({
          ifname,
          addr_info: addresses.map((local) => ({ family: 'inet', local })),
        })),
      );
    },
    forward: async () => forwards,
    announce({ interface: link, claimed, told }) {
      kernel.told.push(`arp ${link}: ${claimed} is here, ${told}`);
      return {
        failed: kernel.arpFailure,
        close: async () => void kernel.told.push(`arp ${link}: no more of ${claimed}`),
      };
    },
    believed: async () => undefined,
    async datagram({ address, port }) {
      const rule = rules.split('\n').find((it) => it.includes(`ip daddr ${address} udp dport ${port} `));
      kernel.told.push(`datagram to ${address} from ${/snat to ([\d.]+)/.exec(rule ?? '')?.[1]}`);
    },
    deliver(to) {
      const rule = rules
        .split('\n')
        .find((it) => it.includes(`ip daddr ${to.address} tcp dport ${to.port} `));
      const [, address, port] = /dnat to ([\d.]+):(\d+)/.exec(rule ?? '') ?? [];
      return address === undefined ? to : { address, port: Number(port) };
    },
  };
  return kernel;
}
