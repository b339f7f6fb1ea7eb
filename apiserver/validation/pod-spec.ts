import type { FieldError } from '../../api/failures';
import { type Fields, fieldsOf, itemsOf, textOf } from '../../api/fields';
import { containersErrors } from './containers';
import { choiceErrors, invalidValue } from './field-errors';
import { labelErrors } from './metadata';
import { isDnsLabel, isSubdomain, type NameRule } from './names';
import { rangeErrors } from './numbers';
import { tolerationsErrors } from './tolerations';
import { volumesErrors } from './volumes';

/** ValidatePodSpec of pkg/apis/core/validation/validation.go, for the fields that mean something in the lab. */
export function podSpecErrors(at: string, spec: Fields): FieldError[] {
  return [
    ...volumesErrors(`${at}.volumes`, itemsOf(spec['volumes'])),
    ...containersErrors(at, spec),
    ...hostNetworkErrors(at, spec),
    ...choiceErrors(`${at}.restartPolicy`, textOf(spec['restartPolicy']), ['Always', 'OnFailure', 'Never']),
    ...choiceErrors(`${at}.dnsPolicy`, textOf(spec['dnsPolicy']), [
      'ClusterFirstWithHostNet',
      'ClusterFirst',
      'Default',
      'None',
    ]),
    ...labelErrors(fieldsOf(spec['nodeSelector']), `${at}.nodeSelector`),
    ...['runAsUser', 'runAsGroup', 'fsGroup'].flatMap((key) =>
      rangeErrors(`${at}.securityContext.${key}`, fieldsOf(spec['securityContext'])[key], 0, 2_147_483_647),
    ),
    ...nameErrors(`${at}.serviceAccountName`, spec['serviceAccountName'], isSubdomain),
    ...nameErrors(`${at}.nodeName`, spec['nodeName'], isSubdomain),
    ...rangeErrors(`${at}.activeDeadlineSeconds`, spec['activeDeadlineSeconds'], 1, 2_147_483_647),
    ...nameErrors(`${at}.hostname`, spec['hostname'], isDnsLabel),
    ...nameErrors(`${at}.subdomain`, spec['subdomain'], isDnsLabel),
    ...tolerationsErrors(`${at}.tolerations`, itemsOf(spec['tolerations'])),
    ...nameErrors(`${at}.priorityClassName`, spec['priorityClassName'], isSubdomain),
  ];
}

function nameErrors(field: string, value: unknown, rule: NameRule): FieldError[] {
  const name = textOf(value);
  return name === '' ? [] : rule(name).map((why) => invalidValue(field, name, why));
}

/** validateHostNetwork: on the network of its node a container has the ports of the node. */
function hostNetworkErrors(at: string, spec: Fields): FieldError[] {
  if (spec['hostNetwork'] !== true) return [];
  return itemsOf(spec['containers']).flatMap((container, index) =>
    itemsOf(container['ports']).flatMap(({ containerPort, hostPort }, place) =>
      hostPort === containerPort || hostPort === undefined
        ? []
        : [
            invalidValue(
              `${at}.containers[${index}].ports[${place}].containerPort`,
              containerPort,
              'must match `hostPort` when `hostNetwork` is true',
            ),
          ],
    ),
  );
}
