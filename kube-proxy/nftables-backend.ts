import type { NetworkTools } from '../network/nft';
import type { ProxyBackend } from './backend';
import { nftablesRuleset, TABLE } from './nftables-ruleset';
import { type NftablesState, nftablesTransaction, removal } from './nftables-transaction';

export interface NftablesBackend extends ProxyBackend {
  /** Rejects when this machine's rules cannot be written, and says why. */
  check(): Promise<void>;
  /** Takes the table out. */
  cleanup(): Promise<void>;
}

/** One transaction at a time; after one that failed the table is made anew, whatever it holds. */
export function nftablesBackend({ nft }: Pick<NetworkTools, 'nft'>): NftablesBackend {
  let state: NftablesState | null = null;
  return {
    apply: async (plan, settings) => {
      const { script, after } = nftablesTransaction(nftablesRuleset(plan, settings), state);
      state = null;
      await nft(script);
      state = after;
    },
    check: () => nft(`add table ${TABLE}\n`),
    cleanup: () => nft(removal),
  };
}
