import type { User } from '../authorize';

const userPrefix = 'system:node:';

/**
 * The node that a user is, by name and group both; '' for one that does not say which, null for whoever is no node.
 * Source: pkg/auth/nodeidentifier/default.go.
 */
export function nodeIdentity({ name, groups }: User): string | null {
  return name.startsWith(userPrefix) && groups.includes('system:nodes')
    ? name.slice(userPrefix.length)
    : null;
}
