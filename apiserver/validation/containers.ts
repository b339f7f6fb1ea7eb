import type { FieldError } from '../../api/failures';
import { type Fields, fieldsOf, isFields, itemsOf, numberOf, textOf } from '../../api/fields';
import { environmentErrors } from './environment';
import {
  choiceErrors,
  duplicate,
  forbidden,
  GoSyntax,
  invalidValue,
  notFoundValue,
  notSupported,
  required,
} from './field-errors';
import { isDnsLabel, isPortName } from './names';
import { portErrors, rangeErrors } from './numbers';
import { lifecycleErrors, probesErrors } from './probes';
import { resourceErrors } from './resource-requirements';
import { mountsErrors } from './volumes';

/**
 * The containers of a pod or a template, in upstream's order of checks.
 * Source: pkg/apis/core/validation/validation.go (validateContainers, validateInitContainers,
 * validateEphemeralContainers, validateContainerCommon).
 */
export function containersErrors(at: string, spec: Fields): FieldError[] {
  const containers = itemsOf(spec['containers']);
  const init = itemsOf(spec['initContainers']);
  const volumes = new Set(itemsOf(spec['volumes']).map(({ name }) => name));
  if (containers.length === 0) return [required(`${at}.containers`)];
  const names = new Set<string>();
  const errors = containers.flatMap((container, index) => {
    const field = `${at}.containers[${index}]`;
    return [
      ...commonErrors(field, container, volumes),
      ...uniqueErrors(field, container, names),
      ...lifecycleErrors(field, container),
      ...probesErrors(field, container),
      ...(container['restartPolicy'] === undefined
        ? []
        : [forbidden(`${field}.restartPolicy`, 'may not be set for non-init containers')]),
    ];
  });
  errors.push(...hostPortErrors(`${at}.containers`, containers));
  errors.push(
    ...init.flatMap((container, index) => {
      const field = `${at}.initContainers[${index}]`;
      return [
        ...commonErrors(field, container, volumes),
        ...uniqueErrors(field, container, names),
        ...initErrors(field, container),
      ];
    }),
  );
  errors.push(...ephemeralErrors(`${at}.ephemeralContainers`, spec, volumes, names));
  return errors;
}

function commonErrors(at: string, container: Fields, volumes: ReadonlySet<unknown>): FieldError[] {
  const [name, image] = [textOf(container['name']), textOf(container['image'])];
  const messages = textOf(container['terminationMessagePolicy']);
  return [
    ...(name === ''
      ? [required(`${at}.name`)]
      : isDnsLabel(name).map((why) => invalidValue(`${at}.name`, name, why))),
    ...(image === '' ? [required(`${at}.image`)] : []),
    ...choiceErrors(`${at}.terminationMessagePolicy`, messages, ['File', 'FallbackToLogsOnError']),
    ...portsErrors(`${at}.ports`, itemsOf(container['ports'])),
    ...environmentErrors(at, container),
    ...mountsErrors(`${at}.volumeMounts`, itemsOf(container['volumeMounts']), volumes),
    ...choiceErrors(`${at}.imagePullPolicy`, textOf(container['imagePullPolicy']), [
      'Always',
      'IfNotPresent',
      'Never',
    ]),
    ...resourceErrors(`${at}.resources`, fieldsOf(container['resources'])),
    ...securityErrors(`${at}.securityContext`, fieldsOf(container['securityContext'])),
  ];
}

function portsErrors(at: string, ports: readonly Fields[]): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const field = `${at}[${index}]`;
    const [name, protocol] = [textOf(port['name']), textOf(port['protocol'])];
    const errors: FieldError[] = [];
    if (name !== '') {
      errors.push(...isPortName(name).map((why) => invalidValue(`${field}.name`, name, why)));
      if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
      names.add(name);
    }
    if (!numberOf(port['containerPort'])) errors.push(required(`${field}.containerPort`));
    else errors.push(...portErrors(`${field}.containerPort`, port['containerPort']));
    if (numberOf(port['hostPort']) !== 0) errors.push(...portErrors(`${field}.hostPort`, port['hostPort']));
    errors.push(...choiceErrors(`${field}.protocol`, protocol, ['SCTP', 'TCP', 'UDP']));
    return errors;
  });
}

function securityErrors(at: string, context: Fields): FieldError[] {
  const errors = ['runAsUser', 'runAsGroup'].flatMap((key) =>
    rangeErrors(`${at}.${key}`, context[key], 0, 2_147_483_647),
  );
  if (context['privileged'] === true && context['allowPrivilegeEscalation'] === false) {
    const why = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true';
    errors.push(invalidValue(at, new GoSyntax('core.SecurityContext{…}'), why));
  }
  return errors;
}

function uniqueErrors(at: string, container: Fields, names: Set<string>): FieldError[] {
  const name = textOf(container['name']);
  if (names.has(name) && name !== '') return [duplicate(`${at}.name`, name)];
  names.add(name);
  return [];
}

/** AccumulateUniqueHostPorts. */
function hostPortErrors(at: string, containers: readonly Fields[]): FieldError[] {
  const taken = new Set<string>();
  return containers.flatMap((container, index) =>
    itemsOf(container['ports']).flatMap((port, place) => {
      if (numberOf(port['hostPort']) === 0) return [];
      const key = `${textOf(port['protocol'])}/${textOf(port['hostIP'])}/${numberOf(port['hostPort'])}`;
      if (taken.has(key)) return [duplicate(`${at}[${index}].ports[${place}].hostPort`, key)];
      taken.add(key);
      return [];
    }),
  );
}

/** What only a container that goes on running may have. */
function initErrors(at: string, container: Fields): FieldError[] {
  if (container['restartPolicy'] === 'Always')
    return [...lifecycleErrors(at, container), ...probesErrors(at, container)];
  const policy = container['restartPolicy'];
  const why = 'may not be set for init containers without restartPolicy=Always';
  return [
    ...(policy === undefined ? [] : [notSupported(`${at}.restartPolicy`, policy, ['Always'])]),
    ...['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']
      .filter((key) => isFields(container[key]))
      .map((key) => forbidden(`${at}.${key}`, why)),
  ];
}

/** What a container that is added to a running pod cannot be promised (allowedEphemeralContainerFields). */
const neverEphemeral = [
  'ports',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'restartPolicy',
];

function ephemeralErrors(
  at: string,
  spec: Fields,
  volumes: ReadonlySet<unknown>,
  names: Set<string>,
): FieldError[] {
  const others = new Set(
    [...itemsOf(spec['containers']), ...itemsOf(spec['initContainers'])].map(({ name }) => name),
  );
  return itemsOf(spec['ephemeralContainers']).flatMap((container, index) => {
    const field = `${at}[${index}]`;
    const target = textOf(container['targetContainerName']);
    const resources = Object.keys(fieldsOf(container['resources'])).length > 0 ? ['resources'] : [];
    const given = neverEphemeral.filter((key) => {
      const value = container[key];
      return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null;
    });
    return [
      ...commonErrors(field, container, volumes),
      ...uniqueErrors(field, container, names),
      ...(target === '' || others.has(target) ? [] : [notFoundValue(`${field}.targetContainerName`, target)]),
      ...[...given, ...resources].map((key) =>
        forbidden(`${field}.${key}`, 'cannot be set for an Ephemeral Container'),
      ),
      ...itemsOf(container['volumeMounts']).flatMap(({ subPath }, place) =>
        textOf(subPath) === ''
          ? []
          : [
              forbidden(
                `${field}.volumeMounts[${place}].subPath`,
                'cannot be set for an Ephemeral Container',
              ),
            ],
      ),
    ];
  });
}
