import type { FieldError } from '../../api/failures';
import { type Fields, fieldsOf, isFields, textOf, textsOf } from '../../api/fields';
import { forbidden, invalidValue, notSupported, required } from './field-errors';
import { nonNegativeErrors, portErrors, portOrNameErrors } from './numbers';

/** Probes and lifecycle hooks: validateProbe and validateHandler of pkg/apis/core/validation/validation.go. */
export function probesErrors(at: string, container: Fields): FieldError[] {
  return ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((name) => {
    const probe = container[name];
    return isFields(probe) ? probeErrors(`${at}.${name}`, probe, name !== 'readinessProbe') : [];
  });
}

function probeErrors(at: string, probe: Fields, onceIsEnough: boolean): FieldError[] {
  const counts = [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ];
  const threshold = probe['successThreshold'];
  return [
    ...handlerErrors(at, probe),
    ...counts.flatMap((name) => nonNegativeErrors(`${at}.${name}`, probe[name])),
    ...(onceIsEnough && typeof threshold === 'number' && threshold !== 1
      ? [invalidValue(`${at}.successThreshold`, threshold, 'must be 1')]
      : []),
  ];
}

export function lifecycleErrors(at: string, container: Fields): FieldError[] {
  const hooks = fieldsOf(container['lifecycle']);
  return ['postStart', 'preStop'].flatMap((name) => {
    const hook = hooks[name];
    return isFields(hook) ? handlerErrors(`${at}.lifecycle.${name}`, hook) : [];
  });
}

const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'];

function handlerErrors(at: string, holder: Fields): FieldError[] {
  const given = handlers.filter((name) => isFields(holder[name]));
  if (given.length === 0) return [required(at, 'must specify a handler type')];
  return given.flatMap((name, index) =>
    index === 0
      ? oneHandlerErrors(`${at}.${name}`, name, fieldsOf(holder[name]))
      : [forbidden(`${at}.${name}`, 'may not specify more than 1 handler type')],
  );
}

function oneHandlerErrors(at: string, name: string, handler: Fields): FieldError[] {
  switch (name) {
    case 'exec':
      return textsOf(handler['command']).length === 0 ? [required(`${at}.command`)] : [];
    case 'httpGet': {
      const scheme = textOf(handler['scheme']);
      return [
        ...(textOf(handler['path']) === '' ? [required(`${at}.path`)] : []),
        ...portOrNameErrors(`${at}.port`, handler['port']),
        ...(scheme === 'HTTP' || scheme === 'HTTPS'
          ? []
          : [notSupported(`${at}.scheme`, scheme, ['HTTP', 'HTTPS'])]),
      ];
    }
    case 'tcpSocket':
      return portOrNameErrors(`${at}.port`, handler['port']);
    case 'grpc':
      return portErrors(`${at}.port`, handler['port']);
  }
  return [];
}
