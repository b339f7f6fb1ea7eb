import type { PolicyRule } from '../api/objects';
import { goQuoteList } from '../wire/go-quote';
import { matchesPath } from './path-pattern';

/**
 * Whether somebody who holds some rules holds others too. Source: k8s.io/component-helpers auth/rbac/validation
 * (Covers, BreakdownRule), pkg/registry/rbac/validation/policy_compact.go, pkg/apis/rbac/v1/helpers.go (CompactString).
 */
export function missingRules(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakDown).filter((rule) => !owned.some((owner) => covers(owner, rule)));
}

/** One rule per verb, group, resource and name, or per verb and URL. */
function breakDown(rule: PolicyRule): PolicyRule[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const names = resourceNames.length === 0 ? [[]] : resourceNames.map((name) => [name]);
  const resourceRules = apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) =>
        names.map((name) => ({
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          ...(name.length === 0 ? {} : { resourceNames: name }),
        })),
      ),
    ),
  );
  const urlRules = nonResourceURLs.flatMap((url) =>
    verbs.map((verb) => ({ verbs: [verb], nonResourceURLs: [url] })),
  );
  return [...resourceRules, ...urlRules];
}

function covers(owner: PolicyRule, rule: PolicyRule): boolean {
  const names = owner.resourceNames ?? [];
  const wantedNames = rule.resourceNames ?? [];
  return (
    hasAll(owner.verbs, rule.verbs) &&
    hasAll(owner.apiGroups ?? [], rule.apiGroups ?? []) &&
    (rule.resources ?? []).every((resource) => coversResource(owner.resources ?? [], resource)) &&
    (rule.nonResourceURLs ?? []).every((url) =>
      (owner.nonResourceURLs ?? []).some((pattern) => matchesPath(pattern, url)),
    ) &&
    (names.length === 0 || (wantedNames.length > 0 && wantedNames.every((name) => names.includes(name))))
  );
}

function hasAll(owned: readonly string[], wanted: readonly string[]): boolean {
  return owned.includes('*') || wanted.every((each) => owned.includes(each));
}

function coversResource(owned: readonly string[], resource: string): boolean {
  if (owned.includes('*') || owned.includes(resource)) return true;
  const slash = resource.indexOf('/');
  return slash !== -1 && owned.includes(`*${resource.slice(slash)}`);
}

/** Rules that differ in their verb only become one, then each is a line; sorted, each once. */
export function describeRules(rules: readonly PolicyRule[]): string[] {
  const merged = new Map<string, PolicyRule>();
  const others: PolicyRule[] = [];
  for (const rule of rules) {
    const { verbs: _verbs, ...rest } = rule;
    if ((rule.nonResourceURLs ?? []).length > 0) {
      others.push(rule);
      continue;
    }
    const key = JSON.stringify(rest);
    const known = merged.get(key);
    merged.set(key, known === undefined ? rule : { ...known, verbs: [...known.verbs, ...rule.verbs] });
  }
  return [...new Set([...merged.values(), ...others].map(compactText))].sort();
}

function compactText(rule: PolicyRule): string {
  const parts = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ] as const;
  const told = parts
    .filter(([, values = []]) => values.length > 0)
    .map(([name, values = []]) => `${name}:${goQuoteList(values)}`);
  return `{${told.join(', ')}}`;
}
