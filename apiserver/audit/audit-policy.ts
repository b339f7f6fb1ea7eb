import { fieldsOf, itemsOf, textOf, textsOf } from '../../api/fields';
import { MidplaneError } from '../../error';
import type { Attributes } from '../authorize';
import { matchesPath } from '../path-pattern';

/**
 * How much of which request the audit log tells. The first rule that matches decides; without one, nothing is told.
 * Source: k8s.io/apiserver pkg/audit/policy/{checker,reader}.go, pkg/apis/audit/validation/validation.go.
 */
export const auditLevels = ['None', 'Metadata', 'Request', 'RequestResponse'] as const;
export type AuditLevel = (typeof auditLevels)[number];

export const auditStages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
export type AuditStage = (typeof auditStages)[number];

export interface AuditPolicy {
  readonly rules: readonly AuditRule[];
  readonly omitStages: readonly string[];
}

export interface AuditRule {
  readonly level: AuditLevel;
  readonly users: readonly string[];
  readonly userGroups: readonly string[];
  readonly verbs: readonly string[];
  readonly resources: readonly GroupResources[];
  readonly namespaces: readonly string[];
  readonly nonResourceURLs: readonly string[];
  readonly omitStages: readonly string[];
}

interface GroupResources {
  readonly group: string;
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
}

/** What a log without a policy tells; upstream tells nothing then. */
export const metadataPolicy: AuditPolicy = { rules: [ruleOf({ level: 'Metadata' })], omitStages: [] };

/** Throws MidplaneError CONFIG_INVALID. */
export function parseAuditPolicy(text: string, file: string): AuditPolicy {
  const yaml: typeof import('yaml') = require('yaml');
  const refuse = (why: string, cause?: unknown) =>
    new MidplaneError('CONFIG_INVALID', `loading audit policy file: ${why}`, {
      hint: `mend ${file}, the file given to --audit-policy-file`,
      ...(cause === undefined ? {} : { cause }),
    });
  let document: unknown;
  try {
    document = yaml.parse(text);
  } catch (cause) {
    throw refuse(`failed decoding: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  const policy = fieldsOf(document);
  if (policy['apiVersion'] !== 'audit.k8s.io/v1' || policy['kind'] !== 'Policy')
    throw refuse(
      `unknown group version field ${String(policy['apiVersion'])}, ${String(policy['kind'])} in policy file`,
    );
  const rules = itemsOf(policy['rules']);
  if (rules.length === 0) throw refuse(`loaded illegal policy with 0 rules from file ${file}`);
  for (const [index, { level, omitStages }] of rules.entries()) {
    if (!auditLevels.some((known) => known === level))
      throw refuse(`rules[${index}].level: Unsupported value: ${JSON.stringify(level ?? '')}`);
    const unknown = textsOf(omitStages).find((stage) => !auditStages.some((known) => known === stage));
    if (unknown !== undefined)
      throw refuse(`rules[${index}].omitStages: Invalid value: ${JSON.stringify(unknown)}`);
  }
  return { rules: rules.map(ruleOf), omitStages: textsOf(policy['omitStages']) };
}

function ruleOf(rule: Readonly<Record<string, unknown>>): AuditRule {
  return {
    level: auditLevels.find((known) => known === rule['level']) ?? 'None',
    users: textsOf(rule['users']),
    userGroups: textsOf(rule['userGroups']),
    verbs: textsOf(rule['verbs']),
    resources: itemsOf(rule['resources']).map((each) => ({
      group: textOf(each['group']),
      resources: textsOf(each['resources']),
      resourceNames: textsOf(each['resourceNames']),
    })),
    namespaces: textsOf(rule['namespaces']),
    nonResourceURLs: textsOf(rule['nonResourceURLs']),
    omitStages: textsOf(rule['omitStages']),
  };
}

/** A request is judged by who really asks, before impersonation. */
export function evaluateAuditPolicy(
  { rules, omitStages }: AuditPolicy,
  attributes: Attributes,
): { readonly level: AuditLevel; readonly omitStages: readonly string[] } {
  const rule = rules.find((candidate) => matches(candidate, attributes));
  return rule === undefined
    ? { level: 'None', omitStages }
    : { level: rule.level, omitStages: [...omitStages, ...rule.omitStages] };
}

function matches(rule: AuditRule, attributes: Attributes): boolean {
  const { user, verb } = attributes;
  const { users, userGroups, verbs, namespaces, resources, nonResourceURLs } = rule;
  if (users.length > 0 && !users.includes(user.name)) return false;
  if (userGroups.length > 0 && !userGroups.some((group) => user.groups.includes(group))) return false;
  if (verbs.length > 0 && !verbs.includes(verb)) return false;
  if (namespaces.length > 0 || resources.length > 0) return matchesResource(rule, attributes);
  if (nonResourceURLs.length > 0)
    return (
      attributes.kind === 'path' && nonResourceURLs.some((pattern) => matchesPath(pattern, attributes.path))
    );
  return true;
}

function matchesResource({ namespaces, resources }: AuditRule, attributes: Attributes): boolean {
  if (attributes.kind !== 'resource') return false;
  const { namespace, group, resource, subresource, name } = attributes;
  if (namespaces.length > 0 && !namespaces.includes(namespace)) return false;
  if (resources.length === 0) return true;
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  return resources.some((each) => {
    if (each.group !== group) return false;
    if (each.resources.length === 0) return true;
    if (each.resourceNames.length > 0 && !each.resourceNames.includes(name)) return false;
    return each.resources.some(
      (entry) =>
        entry === '*' ||
        entry === combined ||
        (subresource !== '' && entry === `*/${subresource}`) ||
        entry === `${resource}/*`,
    );
  });
}
