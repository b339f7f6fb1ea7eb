import type { FieldError } from '../../api/failures';
import { type Fields, fieldsOf, isFields, itemsOf, numberOf, textOf, textsOf } from '../../api/fields';
import { requirementsOf } from '../../api/label-selector';
import type { KubeObject } from '../../api/objects';
import { matchesLabels } from '../../api/selectors';
import { forbidden, GoSyntax, goStringMap, invalidValue, notSupported, required } from './field-errors';
import { annotationErrors, labelErrors } from './metadata';
import { isLabelValue, isQualifiedName } from './names';
import { nonNegativeErrors } from './numbers';
import { podSpecErrors } from './pod-spec';

/** Deployments and ReplicaSets. Source: pkg/apis/apps/validation/validation.go. */
export function validateDeployment(object: KubeObject): FieldError[] {
  const spec = fieldsOf(object['spec']);
  const [progress, ready] = [spec['progressDeadlineSeconds'], numberOf(spec['minReadySeconds'])];
  return [
    ...nonNegativeErrors('spec.replicas', spec['replicas']),
    ...selectorErrors(spec),
    ...strategyErrors(fieldsOf(spec['strategy'])),
    ...nonNegativeErrors('spec.minReadySeconds', spec['minReadySeconds']),
    ...nonNegativeErrors('spec.revisionHistoryLimit', spec['revisionHistoryLimit']),
    ...nonNegativeErrors('spec.progressDeadlineSeconds', progress),
    ...(typeof progress === 'number' && progress <= ready
      ? [invalidValue('spec.progressDeadlineSeconds', progress, 'must be greater than minReadySeconds')]
      : []),
  ];
}

export function validateReplicaSet(object: KubeObject): FieldError[] {
  const spec = fieldsOf(object['spec']);
  return [
    ...nonNegativeErrors('spec.replicas', spec['replicas']),
    ...nonNegativeErrors('spec.minReadySeconds', spec['minReadySeconds']),
    ...selectorErrors(spec),
  ];
}

export function validateWorkloadUpdate(object: KubeObject, current: KubeObject): FieldError[] {
  const [after, before] = [
    goSelector(fieldsOf(object['spec'])['selector']),
    goSelector(fieldsOf(current['spec'])['selector']),
  ];
  return after.text === before.text ? [] : [invalidValue('spec.selector', after, 'field is immutable')];
}

/** The selector, and the template unless the selector cannot be used. ReplicaSets get the words of Deployments. */
function selectorErrors(spec: Fields): FieldError[] {
  const { selector } = spec;
  if (!isFields(selector)) return [required('spec.selector'), ...templateErrors(spec)];
  const labels = fieldsOf(selector['matchLabels']);
  const expressions = itemsOf(selector['matchExpressions']);
  const errors = labelSelectorErrors('spec.selector', selector);
  if (Object.keys(labels).length + expressions.length === 0)
    return [
      invalidValue('spec.selector', goSelector(selector), 'empty selector is invalid for deployment'),
      ...templateErrors(spec),
    ];
  return errors.length === 0
    ? templateErrors(spec)
    : [...errors, invalidValue('spec.selector', goSelector(selector), 'invalid label selector')];
}

/** ValidateLabelSelector. */
export function labelSelectorErrors(at: string, selector: Fields): FieldError[] {
  return [
    ...labelErrors(fieldsOf(selector['matchLabels']), `${at}.matchLabels`),
    ...itemsOf(selector['matchExpressions']).flatMap((expression, index) =>
      expressionErrors(`${at}.matchExpressions[${index}]`, expression),
    ),
  ];
}

/** ValidateLabelSelectorRequirement. */
function expressionErrors(at: string, expression: Fields): FieldError[] {
  const [key, operator] = [textOf(expression['key']), textOf(expression['operator'])];
  const values = textsOf(expression['values']);
  const errors: FieldError[] = [];
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0)
        errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0)
        errors.push(
          forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        );
      break;
    default:
      errors.push(invalidValue(`${at}.operator`, operator, 'not a valid selector operator'));
  }
  errors.push(...isQualifiedName(key).map((why) => invalidValue(`${at}.key`, key, why)));
  for (const [index, value] of values.entries())
    errors.push(...isLabelValue(value).map((why) => invalidValue(`${at}.values[${index}]`, value, why)));
  return errors;
}

/** ValidatePodTemplateSpecForReplicaSet. */
function templateErrors(spec: Fields): FieldError[] {
  const template = fieldsOf(spec['template']);
  const metadata = fieldsOf(template['metadata']);
  const podSpec = fieldsOf(template['spec']);
  const labels = fieldsOf(metadata['labels']) as Record<string, string>;
  const selector = requirementsOf(spec['selector']);
  const errors: FieldError[] = [];
  // A missing selector matches nothing.
  if (selector === null || !matchesLabels(selector, labels)) {
    const value = goStringMap(isFields(metadata['labels']) ? labels : undefined);
    const why = '`selector` does not match template `labels`';
    errors.push(invalidValue('spec.template.metadata.labels', value, why));
  }
  errors.push(
    ...labelErrors(labels, 'spec.template.labels'),
    ...annotationErrors(fieldsOf(metadata['annotations']), 'spec.template.annotations'),
    ...podSpecErrors('spec.template.spec', podSpec),
  );
  if (itemsOf(podSpec['ephemeralContainers']).length > 0)
    errors.push(
      forbidden('spec.template.spec.ephemeralContainers', 'ephemeral containers not allowed in pod template'),
    );
  const policy = textOf(podSpec['restartPolicy']);
  if (policy !== 'Always') errors.push(notSupported('spec.template.spec.restartPolicy', policy, ['Always']));
  if (podSpec['activeDeadlineSeconds'] !== undefined)
    errors.push(
      forbidden(
        'spec.template.spec.activeDeadlineSeconds',
        'activeDeadlineSeconds in ReplicaSet is not Supported',
      ),
    );
  return errors;
}

/** ValidateDeploymentStrategy. */
function strategyErrors(strategy: Fields): FieldError[] {
  const rolling = strategy['rollingUpdate'];
  switch (strategy['type']) {
    case 'Recreate':
      return isFields(rolling)
        ? [
            forbidden(
              'spec.strategy.rollingUpdate',
              "may not be specified when strategy `type` is 'Recreate'",
            ),
          ]
        : [];
    case 'RollingUpdate':
      return isFields(rolling) ? rollingErrors('spec.strategy.rollingUpdate', rolling) : [];
  }
  return [notSupported('spec.strategy', goStrategy(strategy), ['Recreate', 'RollingUpdate'])];
}

function goStrategy(strategy: Fields): GoSyntax {
  const pointer = isFields(strategy['rollingUpdate']) ? '0xc000000000' : 'nil';
  return new GoSyntax(
    `apps.DeploymentStrategy{Type:${JSON.stringify(textOf(strategy['type']))}, RollingUpdate:(*apps.RollingUpdateDeployment)(${pointer})}`,
  );
}

function rollingErrors(at: string, rolling: Fields): FieldError[] {
  const [unavailable, surge] = [rolling['maxUnavailable'], rolling['maxSurge']];
  const errors = [
    ...intOrPercentErrors(`${at}.maxUnavailable`, unavailable),
    ...intOrPercentErrors(`${at}.maxSurge`, surge),
  ];
  if (isZero(unavailable) && isZero(surge))
    errors.push(
      invalidValue(`${at}.maxUnavailable`, goIntOrString(unavailable), 'may not be 0 when `maxSurge` is 0'),
    );
  if (typeof unavailable === 'string' && Number.parseInt(unavailable, 10) > 100)
    errors.push(
      invalidValue(`${at}.maxUnavailable`, goIntOrString(unavailable), 'must not be greater than 100%'),
    );
  return errors;
}

const percentText =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

/** ValidatePositiveIntOrPercent. */
function intOrPercentErrors(field: string, value: unknown): FieldError[] {
  if (typeof value === 'string')
    return /^[0-9]+%$/.test(value) ? [] : [invalidValue(field, goIntOrString(value), percentText)];
  return nonNegativeErrors(field, value);
}

function isZero(value: unknown): boolean {
  return value === 0 || (typeof value === 'string' && /^0+%$/.test(value));
}

function goIntOrString(value: unknown): GoSyntax {
  const [type, int, text] = typeof value === 'string' ? [1, 0, value] : [0, value, ''];
  return new GoSyntax(`intstr.IntOrString{Type:${type}, IntVal:${int}, StrVal:${JSON.stringify(text)}}`);
}

function goSelector(selector: unknown): GoSyntax {
  const { matchLabels, matchExpressions } = fieldsOf(selector);
  const labels = goStringMap(isFields(matchLabels) ? matchLabels : undefined).text;
  const type = '[]v1.LabelSelectorRequirement';
  const expressions = Array.isArray(matchExpressions)
    ? `${type}{${itemsOf(matchExpressions).map(goRequirement).join(', ')}}`
    : `${type}(nil)`;
  return new GoSyntax(`v1.LabelSelector{MatchLabels:${labels}, MatchExpressions:${expressions}}`);
}

function goRequirement({ key, operator, values }: Fields): string {
  const list = Array.isArray(values)
    ? `[]string{${textsOf(values)
        .map((value) => JSON.stringify(value))
        .join(', ')}}`
    : '[]string(nil)';
  return `v1.LabelSelectorRequirement{Key:${JSON.stringify(textOf(key))}, Operator:${JSON.stringify(textOf(operator))}, Values:${list}}`;
}
