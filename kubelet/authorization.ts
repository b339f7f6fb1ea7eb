import type { AuthorizationMode } from './settings';

/**
 * From a request to what must be allowed for it, and the words of a refusal. Pure.
 * Source: pkg/kubelet/server/auth.go (GetRequestAttributes) and server.go (InstallAuthFilter).
 */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** Always about a subresource of this node: `verb nodes/<subresource>`, core/v1. */
export interface Attributes {
  readonly user: UserInfo;
  readonly verb: string;
  readonly nodeName: string;
  readonly subresource: string;
}

export type Decision =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'refused'; readonly code: 403 | 500; readonly text: string };

/** Asks whether one set of attributes is allowed; throws when no answer can be had. */
export type AccessCheck = (attributes: Attributes) => Promise<boolean>;

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

const SUBRESOURCES: readonly (readonly [prefix: string, subresource: string])[] = [
  ['/stats', 'stats'],
  ['/metrics', 'metrics'],
  // The node's own log files; container logs are `proxy`.
  ['/logs', 'log'],
  ['/checkpoint', 'checkpoint'],
];

/** KubeletFineGrainedAuthz: asked for first, then `proxy`. (/statusz and /flagz are behind gates that are off.) */
const FINE_SUBRESOURCES: readonly (readonly [prefix: string, subresource: string])[] = [
  ['/pods', 'pods'],
  ['/runningpods', 'pods'],
  ['/healthz', 'healthz'],
  ['/configz', 'configz'],
];

/** HEAD, OPTIONS and whatever else there is have no verb. */
export function verbOf(method: string): string {
  return VERBS[method] ?? '';
}

/** The subresources of which any one is enough, in the order in which they are asked for. */
export function subresourcesOf(path: string, fineGrained: boolean): readonly string[] {
  const coarse = SUBRESOURCES.find(([prefix]) => isUnder(path, prefix));
  if (coarse !== undefined) return [coarse[1]];
  const fine = fineGrained ? FINE_SUBRESOURCES.find(([prefix]) => isUnder(path, prefix)) : undefined;
  return fine === undefined ? ['proxy'] : [fine[1], 'proxy'];
}

function isUnder(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

export function attributesOf(
  request: { readonly method: string; readonly path: string },
  user: UserInfo,
  node: { readonly nodeName: string; readonly fineGrained: boolean },
): Attributes[] {
  const verb = verbOf(request.method);
  return subresourcesOf(request.path, node.fineGrained).map((subresource) => ({
    user,
    verb,
    nodeName: node.nodeName,
    subresource,
  }));
}

/** Any allow wins; an error ends the search (server.go stops at the first). */
export async function authorize(
  attributes: readonly Attributes[],
  mode: AuthorizationMode,
  check: AccessCheck,
): Promise<Decision> {
  if (mode === 'AlwaysAllow') return { kind: 'allowed' };
  for (const each of attributes) {
    try {
      if (await check(each)) return { kind: 'allowed' };
    } catch {
      const text = `Authorization error (${described(each)}, subresource=${each.subresource})`;
      return { kind: 'refused', code: 500, text };
    }
  }
  const [first] = attributes;
  if (first === undefined) return { kind: 'refused', code: 403, text: NO_ATTRIBUTES };
  const subresources = attributes.map(({ subresource }) => subresource).join(' ');
  const text = `Forbidden (${described(first)}, subresource(s)=[${subresources}])\n`;
  return { kind: 'refused', code: 403, text };
}

const NO_ATTRIBUTES = 'Authorization error: could not determine attributes for request';

function described({ user, verb }: Attributes): string {
  return `user=${user.name}, verb=${verb}, resource=nodes`;
}
