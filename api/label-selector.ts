import { fieldsOf, itemsOf, textOf, textsOf } from './fields';
import type { LabelRequirement, LabelSelector } from './selectors';

/**
 * metav1.LabelSelector, as Deployments and ReplicaSets carry it, as requirements.
 * Source: k8s.io/apimachinery pkg/apis/meta/v1/helpers.go (LabelSelectorAsSelector). A missing selector matches nothing,
 * an empty one everything: null for the first, and for one with an operator that nobody knows.
 */
export function requirementsOf(selector: unknown): LabelSelector | null {
  if (selector === undefined || selector === null) return null;
  const { matchLabels, matchExpressions } = fieldsOf(selector);
  const pairs = Object.entries(fieldsOf(matchLabels)).map(
    ([key, value]): LabelRequirement => ({ kind: 'in', key, values: [String(value)] }),
  );
  const expressions = itemsOf(matchExpressions).map((expression) =>
    requirementOf(textOf(expression['key']), textOf(expression['operator']), textsOf(expression['values'])),
  );
  const known = expressions.filter((it) => it !== null);
  if (known.length < expressions.length) return null;
  return { kind: 'label-selector', requirements: [...pairs, ...known] };
}

function requirementOf(key: string, operator: string, values: readonly string[]): LabelRequirement | null {
  switch (operator) {
    case 'In':
      return { kind: 'in', key, values };
    case 'NotIn':
      return { kind: 'not-in', key, values };
    case 'Exists':
      return { kind: 'exists', key };
    case 'DoesNotExist':
      return { kind: 'does-not-exist', key };
    // Only a node's selector may say these two, and then with one whole number.
    case 'Gt':
      return { kind: 'greater', key, bound: Number(values[0]) };
    case 'Lt':
      return { kind: 'less', key, bound: Number(values[0]) };
  }
  return null;
}

/** labels.Selector.String: sorted by key, `app=web,tier in (a,b)`; '' for a missing or empty selector. */
export function selectorText(selector: unknown): string {
  const requirements = [...(requirementsOf(selector)?.requirements ?? [])];
  const fromLabels = new Set(Object.keys(fieldsOf(fieldsOf(selector)['matchLabels'])));
  return requirements
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map((requirement) => requirementText(requirement, fromLabels.has(requirement.key)))
    .join(',');
}

function requirementText(requirement: LabelRequirement, equality: boolean): string {
  const { key } = requirement;
  switch (requirement.kind) {
    case 'in':
    case 'not-in': {
      const values = [...requirement.values].sort();
      if (equality && requirement.kind === 'in' && values.length === 1) return `${key}=${values[0]}`;
      return `${key} ${requirement.kind === 'in' ? 'in' : 'notin'} (${values.join(',')})`;
    }
    case 'exists':
      return key;
    case 'does-not-exist':
      return `!${key}`;
    case 'greater':
      return `${key}>${requirement.bound}`;
    case 'less':
      return `${key}<${requirement.bound}`;
  }
  return requirement satisfies never;
}
