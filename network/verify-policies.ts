import type { Certificate } from '../wire/certificate';

/**
 * Certificate policies: RFC 5280 section 6.1 as updated by RFC 9618, as Go does it since 1.24 with no policies asked for.
 * Nothing can fail until a certificate says requireExplicitPolicy (or maps anyPolicy), but then the whole graph decides.
 * Policies are hex strings of object identifiers.
 */

const anyPolicy = '551d2000';

interface PolicyNode {
  readonly policy: string;
  /** The policies that a certificate further down may assert to hang below this node. */
  expected: readonly string[];
  readonly parents: Set<PolicyNode>;
  readonly children: Set<PolicyNode>;
}

/** One map for each depth, policy to node; depth 0 is the anchor's, with anyPolicy. */
type PolicyGraph = Map<string, PolicyNode>[];

export function chainPoliciesValid(chain: readonly Certificate[]): boolean {
  if (chain.length === 1) return true;
  const below = chain.slice(0, -1).reverse();
  let graph: PolicyGraph | null = [new Map([[anyPolicy, makeNode(anyPolicy, [])]])];
  // How many more certificates until each takes effect.
  const unlimited = chain.length;
  const counters = { explicit: unlimited, mapping: unlimited, inhibitAny: unlimited };

  for (const [i, certificate] of below.entries()) {
    const isLeaf = i === below.length - 1;
    const { policies, policyMappings } = certificate.extensions;
    const isSelfIssued = certificate.rawIssuer.equals(certificate.rawSubject);
    if (policies.length === 0) graph = null;
    if (counters.explicit === 0 && graph === null) return false;
    if (graph !== null) {
      const anyCounts = counters.inhibitAny > 0 || (!isLeaf && isSelfIssued);
      addStratum(graph, policies, anyCounts);
      if (!isLeaf && !applyMappings(graph, policyMappings, counters.mapping > 0)) return false;
    }
    if (!isLeaf) tighten(counters, certificate, isSelfIssued);
  }

  if (counters.explicit > 0) counters.explicit -= 1;
  if (chain[0]?.extensions.requireExplicitPolicy === 0) counters.explicit = 0;
  return counters.explicit > 0 || (graph !== null && assertsAnything(graph));
}

interface Counters {
  explicit: number;
  mapping: number;
  inhibitAny: number;
}

/** Section 6.1.4 (h) to (j): self-issued certificates do not count down, and a certificate may only shorten. */
function tighten(counters: Counters, { extensions }: Certificate, isSelfIssued: boolean): void {
  const next = (current: number, limit: number | null) => {
    const counted = isSelfIssued ? current : Math.max(0, current - 1);
    return Math.min(counted, limit ?? counted);
  };
  counters.explicit = next(counters.explicit, extensions.requireExplicitPolicy);
  counters.mapping = next(counters.mapping, extensions.inhibitPolicyMapping);
  counters.inhibitAny = next(counters.inhibitAny, extensions.inhibitAnyPolicy);
}

function makeNode(policy: string, parents: readonly PolicyNode[]): PolicyNode {
  const node: PolicyNode = { policy, expected: [policy], parents: new Set(parents), children: new Set() };
  for (const parent of parents) parent.children.add(node);
  return node;
}

function lastStratum(graph: PolicyGraph): Map<string, PolicyNode> {
  return graph.at(-1) ?? new Map();
}

/** RFC 9618's 6.1.3 (d): hang what this certificate asserts below what its issuer expects. */
function addStratum(graph: PolicyGraph, policies: readonly string[], anyCounts: boolean): void {
  const above = lastStratum(graph);
  const expecting = new Map<string, PolicyNode[]>();
  for (const node of above.values()) {
    for (const policy of node.expected) append(expecting, policy, node);
  }
  const stratum = new Map<string, PolicyNode>();
  graph.push(stratum);
  const anyAbove = above.get(anyPolicy);
  for (const policy of policies) {
    if (policy === anyPolicy) continue;
    const parents = expecting.get(policy) ?? (anyAbove === undefined ? [] : [anyAbove]);
    if (parents.length > 0) stratum.set(policy, makeNode(policy, parents));
  }
  if (anyCounts && policies.includes(anyPolicy)) {
    for (const [policy, parents] of expecting) {
      if (!stratum.has(policy)) stratum.set(policy, makeNode(policy, parents));
    }
  }
  prune(graph);
}

function append<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** Drops nodes without children, from the second-last stratum upwards; the root stays. */
function prune(graph: PolicyGraph): void {
  for (const stratum of graph.slice(1, -1).reverse()) {
    for (const node of [...stratum.values()]) {
      if (node.children.size > 0) continue;
      for (const parent of node.parents) parent.children.delete(node);
      stratum.delete(node.policy);
    }
  }
}

/** RFC 9618's 6.1.4 (a) and (b); false: anyPolicy may not be mapped. */
function applyMappings(
  graph: PolicyGraph,
  mappings: readonly { readonly issuer: string; readonly subject: string }[],
  allowed: boolean,
): boolean {
  if (mappings.length === 0) return true;
  const stratum = lastStratum(graph);
  if (!allowed) {
    for (const { issuer } of mappings) deleteLeaf(stratum, issuer);
    prune(graph);
    return true;
  }
  if (mappings.some(({ issuer, subject }) => issuer === anyPolicy || subject === anyPolicy)) return false;
  const mapped = new Map<string, string[]>();
  for (const { issuer, subject } of mappings) append(mapped, issuer, subject);
  for (const [issuer, subjects] of mapped) {
    const anyNode = stratum.get(anyPolicy);
    const node = stratum.get(issuer) ?? (anyNode === undefined ? undefined : makeNode(issuer, [anyNode]));
    if (node === undefined) continue;
    node.expected = subjects;
    stratum.set(issuer, node);
  }
  return true;
}

function deleteLeaf(stratum: Map<string, PolicyNode>, policy: string): void {
  const node = stratum.get(policy);
  if (node === undefined) return;
  for (const parent of node.parents) parent.children.delete(node);
  for (const child of node.children) child.parents.delete(node);
  stratum.delete(policy);
}

/** RFC 9618's 6.1.5 (g): a policy that descends from anyPolicy alone, or anyPolicy all the way down to the leaf. */
function assertsAnything(graph: PolicyGraph): boolean {
  if (lastStratum(graph).has(anyPolicy)) return true;
  return graph.some((stratum) =>
    [...stratum.values()].some(
      ({ policy, parents }) =>
        policy !== anyPolicy && parents.size === 1 && [...parents][0]?.policy === anyPolicy,
    ),
  );
}
