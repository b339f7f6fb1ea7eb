import type { NatTable } from '../network/fabric-nat';
import type { ProxyBackend } from './backend';
import { fabricRuleset } from './fabric-ruleset';

export function fabricBackend(nat: NatTable): ProxyBackend {
  return { apply: async (plan, settings) => nat.replace(fabricRuleset(plan, settings)) };
}
