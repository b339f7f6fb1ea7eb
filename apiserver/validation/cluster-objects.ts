import type { FieldError } from '../../api/failures';
import { type Fields, fieldsOf, itemsOf, textOf, textsOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { forbidden, GoSyntax, invalidValue, notSupported, required } from './field-errors';
import { isLabelValue, isQualifiedName } from './names';
import { nonNegativeErrors } from './numbers';
import { taintEffects } from './tolerations';

/** ValidateNode of pkg/apis/core/validation/validation.go: of its spec, the taints. */
export function validateNode(node: KubeObject): FieldError[] {
  const seen = new Set<string>();
  return itemsOf(fieldsOf(node['spec'])['taints']).flatMap((taint, index) => {
    // Upstream hangs them under metadata.
    const at = `metadata.taints[${index}]`;
    const [key, value, effect] = [textOf(taint['key']), textOf(taint['value']), textOf(taint['effect'])];
    const values = isLabelValue(value);
    const errors = [
      ...isQualifiedName(key).map((why) => invalidValue(`${at}.key`, key, why)),
      ...(values.length === 0 ? [] : [invalidValue(`${at}.value`, value, values.join(';'))]),
      ...(effect === ''
        ? [required(`${at}.effect`)]
        : taintEffects.includes(effect)
          ? []
          : [notSupported(`${at}.effect`, effect, taintEffects)]),
    ];
    const pair = `${key}:${effect}`;
    if (seen.has(pair))
      errors.push({
        field: at,
        type: 'FieldValueDuplicate',
        text: `Duplicate value: ${goTaint(taint).text}: taints must be unique by key and effect pair`,
      });
    seen.add(pair);
    return errors;
  });
}

function goTaint(taint: Fields): GoSyntax {
  const [key, value, effect] = ['key', 'value', 'effect'].map((name) => JSON.stringify(textOf(taint[name])));
  return new GoSyntax(`core.Taint{Key:${key}, Value:${value}, Effect:${effect}, TimeAdded:<nil>}`);
}

export function validateNodeUpdate(node: KubeObject, current: KubeObject): FieldError[] {
  const [after, before] = [fieldsOf(node['spec']), fieldsOf(current['spec'])];
  const [had, has] = [before, after].map(
    (spec) => textOf(spec['podCIDR']) || (textsOf(spec['podCIDRs'])[0] ?? ''),
  );
  return had !== '' && has !== had
    ? [forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid')]
    : [];
}

/** ValidateLeaseSpec of pkg/apis/coordination/validation/validation.go. */
export function validateLease(lease: KubeObject): FieldError[] {
  const spec = fieldsOf(lease['spec']);
  const seconds = spec['leaseDurationSeconds'];
  return [
    ...(typeof seconds === 'number' && seconds <= 0
      ? [invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0')]
      : []),
    ...nonNegativeErrors('spec.leaseTransitions', spec['leaseTransitions']),
  ];
}

/** legacyValidateEvent of pkg/apis/core/validation/events.go: an event is where what it is about is. */
export function validateEvent(event: KubeObject): FieldError[] {
  const involved = textOf(fieldsOf(event['involvedObject'])['namespace']);
  const home = event.metadata.namespace ?? '';
  const matches = involved === '' ? home === '' || home === 'default' : involved === home;
  return matches
    ? []
    : [invalidValue('involvedObject.namespace', involved, 'does not match event.namespace')];
}
