import type { FieldError } from '../../api/failures';
import { type Fields, fieldsOf, isFields, itemsOf, textOf, textsOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { GoSyntax, goStrings, invalidValue, notSupported, required } from './field-errors';
import { isPathSegment, isSubdomain } from './names';
import { labelSelectorErrors } from './workloads';

/** pkg/apis/rbac/validation/validation.go. */
export function validateRole(object: KubeObject): FieldError[] {
  const namespaced = object.kind === 'Role';
  return [
    ...itemsOf(object['rules']).flatMap((rule, index) => ruleErrors(`rules[${index}]`, rule, namespaced)),
    ...(isFields(object['aggregationRule']) ? aggregationErrors(object['aggregationRule']) : []),
  ];
}

function aggregationErrors(aggregationRule: Fields): FieldError[] {
  const at = 'aggregationRule.clusterRoleSelectors';
  const selectors = itemsOf(aggregationRule['clusterRoleSelectors']);
  if (selectors.length === 0)
    return [required(at, 'at least one clusterRoleSelector required if aggregationRule is non-nil')];
  return selectors.flatMap((selector, index) => {
    const errors = labelSelectorErrors(`${at}[${index}]`, selector);
    return errors.length === 0
      ? []
      : [...errors, invalidValue(`${at}[${index}]`, 'null', 'invalid label selector.')];
  });
}

function ruleErrors(at: string, rule: Fields, namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const [verbs, urls] = [textsOf(rule['verbs']), textsOf(rule['nonResourceURLs'])];
  const [groups, resources] = [textsOf(rule['apiGroups']), textsOf(rule['resources'])];
  if (verbs.length === 0) errors.push(required(`${at}.verbs`, 'verbs must contain at least one value'));
  if (urls.length > 0) {
    const field = `${at}.nonResourceURLs`;
    if (namespaced)
      errors.push(invalidValue(field, goStrings(urls), 'namespaced rules cannot apply to non-resource URLs'));
    if (groups.length > 0 || resources.length > 0 || textsOf(rule['resourceNames']).length > 0) {
      const why = 'rules cannot apply to both regular resources and non-resource URLs';
      errors.push(invalidValue(field, goStrings(urls), why));
    }
    return errors;
  }
  if (groups.length === 0)
    errors.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
  if (resources.length === 0)
    errors.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
  return errors;
}

const group = 'rbac.authorization.k8s.io';

export function validateBinding(object: KubeObject): FieldError[] {
  const namespaced = object.kind === 'RoleBinding';
  const reference = fieldsOf(object['roleRef']);
  const [apiGroup, kind, name] = [
    textOf(reference['apiGroup']),
    textOf(reference['kind']),
    textOf(reference['name']),
  ];
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  return [
    ...(apiGroup === group ? [] : [notSupported('roleRef.apiGroup', apiGroup, [group])]),
    ...(kinds.includes(kind) ? [] : [notSupported('roleRef.kind', kind, kinds)]),
    ...(name === ''
      ? [required('roleRef.name')]
      : isPathSegment(name).map((why) => invalidValue('roleRef.name', name, why))),
    ...itemsOf(object['subjects']).flatMap((subject, index) =>
      subjectErrors(`subjects[${index}]`, subject, namespaced),
    ),
  ];
}

function subjectErrors(at: string, subject: Fields, namespaced: boolean): FieldError[] {
  const [kind, name, apiGroup] = [
    textOf(subject['kind']),
    textOf(subject['name']),
    textOf(subject['apiGroup']),
  ];
  const errors = name === '' ? [required(`${at}.name`)] : [];
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') errors.push(...isSubdomain(name).map((why) => invalidValue(`${at}.name`, name, why)));
      if (apiGroup !== '') errors.push(notSupported(`${at}.apiGroup`, apiGroup, ['']));
      if (!namespaced && textOf(subject['namespace']) === '') errors.push(required(`${at}.namespace`));
      break;
    case 'User':
    case 'Group':
      if (apiGroup !== group) errors.push(notSupported(`${at}.apiGroup`, apiGroup, [group]));
      break;
    default:
      errors.push(notSupported(`${at}.kind`, kind, ['ServiceAccount', 'User', 'Group']));
  }
  return errors;
}

export function validateBindingUpdate(object: KubeObject, current: KubeObject): FieldError[] {
  const [after, before] = [fieldsOf(object['roleRef']), fieldsOf(current['roleRef'])];
  const keys = ['apiGroup', 'kind', 'name'];
  if (keys.every((key) => textOf(after[key]) === textOf(before[key]))) return [];
  const [apiGroup, kind, name] = keys.map((key) => JSON.stringify(textOf(after[key])));
  const value = new GoSyntax(`rbac.RoleRef{APIGroup:${apiGroup}, Kind:${kind}, Name:${name}}`);
  return [invalidValue('roleRef', value, 'cannot change roleRef')];
}
