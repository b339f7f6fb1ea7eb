import { type NftablesRuleset, TABLE } from './nftables-ruleset';

/** What an earlier transaction has left in the table. */
export interface NftablesState {
  readonly chains: ReadonlySet<string>;
  readonly affinitySets: ReadonlySet<string>;
  /** Empty by now; nothing refers to them. */
  readonly stale: ReadonlySet<string>;
}

/**
 * The script for one `nft -f -`, and what the table then holds. After nothing the table is made anew; after something
 * what clients have been led to is kept (the affinity sets). A chain that is not needed any more is emptied now and
 * deleted by the next transaction: before Linux 6.2 the kernel takes a while to see that no map leads to it.
 */
export function nftablesTransaction(
  ruleset: NftablesRuleset,
  before: NftablesState | null,
): { readonly script: string; readonly after: NftablesState } {
  const chains = new Set(ruleset.chains);
  const affinitySets = new Set(ruleset.affinitySets.map(({ name }) => name));
  const gone = [...(before?.chains ?? [])].filter((chain) => !chains.has(chain));
  const deletable = [...(before?.stale ?? [])].filter((chain) => !chains.has(chain));
  const goneSets = [...(before?.affinitySets ?? [])].filter((set) => !affinitySets.has(set));
  const lines = [
    ...(before === null ? [`add table ${TABLE}`, `delete table ${TABLE}`] : []),
    ...ruleset.base,
    ...ruleset.affinitySets.map(
      ({ name, seconds }) =>
        `add set ${TABLE} ${name} { type ipv4_addr ; flags dynamic,timeout ; timeout ${seconds}s ; }`,
    ),
    ...[...chains].map((chain) => `add chain ${TABLE} ${chain}`),
    ...[...chains, ...gone].map((chain) => `flush chain ${TABLE} ${chain}`),
    ...ruleset.rules,
    ...ruleset.elements,
    ...deletable.map((chain) => `delete chain ${TABLE} ${chain}`),
    ...goneSets.map((set) => `delete set ${TABLE} ${set}`),
  ];
  return { script: `${lines.join('\n')}\n`, after: { chains, affinitySets, stale: new Set(gone) } };
}

/** --cleanup. */
export const removal = `add table ${TABLE}\ndelete table ${TABLE}\n`;
