import type { Certificate } from '../wire/certificate';

export type Usage = 'serverAuth' | 'clientAuth';

const anyUsage = '2.5.29.37.0';
const usageOids: Readonly<Record<Usage, string>> = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
};

/**
 * Extended key usage nests: every certificate of the chain, the anchor included, must leave the usage open (no list, an
 * empty one, or `any`) or name it. The leaf's keyUsage is not looked at (Go's checkChainForKeyUsage).
 */
export function chainAllowsUsage(chain: readonly Certificate[], usage: Usage): boolean {
  return chain.every(({ extensions: { extendedKeyUsage } }) => {
    const unlimited = extendedKeyUsage.length === 0 || extendedKeyUsage.includes(anyUsage);
    return unlimited || extendedKeyUsage.includes(usageOids[usage]);
  });
}
