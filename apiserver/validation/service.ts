import type { FieldError } from '../../api/failures';
import { type Fields, fieldsOf, itemsOf, numberOf, textOf, textsOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import {
  choiceErrors,
  duplicate,
  forbidden,
  GoSyntax,
  goStrings,
  invalidValue,
  notSupported,
  required,
} from './field-errors';
import { labelErrors } from './metadata';
import { isDnsLabel, isQualifiedName, isSubdomain } from './names';
import { addressErrors } from './network-objects';
import { portErrors, portOrNameErrors } from './numbers';

/** ValidateService of pkg/apis/core/validation/validation.go. */
export function validateService(service: KubeObject): FieldError[] {
  const spec = fieldsOf(service['spec']);
  const ports = itemsOf(spec['ports']);
  const type = textOf(spec['type']);
  const headless = textsOf(spec['clusterIPs'])[0] === 'None' || spec['clusterIP'] === 'None';
  const names = new Set<string>();
  const affinity = textOf(spec['sessionAffinity']);
  return [
    ...(ports.length === 0 && !headless && type !== 'ExternalName' ? [required('spec.ports')] : []),
    ...typeErrors(type, spec, headless),
    ...ports.flatMap((port, index) => portFaults(`spec.ports[${index}]`, port, ports.length > 1, names)),
    ...labelErrors(fieldsOf(spec['selector']), 'spec.selector'),
    ...choiceErrors('spec.sessionAffinity', affinity, ['ClientIP', 'None']),
    ...affinityErrors(spec),
    // Whose the address is, nobody asks (CVE-2020-8554).
    ...textsOf(spec['externalIPs']).flatMap((ip, index) => addressErrors(`spec.externalIPs[${index}]`, ip)),
    ...choiceErrors('spec.type', type, ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']),
    ...nodePortErrors(type, ports),
    ...samePortErrors(ports),
    ...(spec['allocateLoadBalancerNodePorts'] !== undefined && type !== 'LoadBalancer'
      ? [forbidden('spec.allocateLoadBalancerNodePorts', "may only be used when `type` is 'LoadBalancer'")]
      : []),
    ...policyErrors(spec, type),
  ];
}

function typeErrors(type: string, spec: Fields, headless: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (type === 'ExternalName') {
    if (textsOf(spec['clusterIPs']).length > 0 || textOf(spec['clusterIP']) !== '')
      errors.push(forbidden('spec.clusterIPs', 'may not be set for ExternalName services'));
    for (const key of ['ipFamilies', 'ipFamilyPolicy']) {
      if (spec[key] !== undefined)
        errors.push(forbidden(`spec.${key}`, 'may not be set for ExternalName services'));
    }
    const name = textOf(spec['externalName']).replace(/\.$/, '');
    if (name === '') errors.push(required('spec.externalName'));
    else errors.push(...isSubdomain(name).map((why) => invalidValue('spec.externalName', name, why)));
  }
  if (headless && (type === 'LoadBalancer' || type === 'NodePort'))
    errors.push(invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`));
  return errors;
}

/** validateServicePort. */
function portFaults(at: string, port: Fields, needsName: boolean, names: Set<string>): FieldError[] {
  const [name, protocol, app] = [textOf(port['name']), textOf(port['protocol']), textOf(port['appProtocol'])];
  const errors: FieldError[] = [];
  if (name === '') {
    if (needsName) errors.push(required(`${at}.name`));
  } else {
    errors.push(...isDnsLabel(name).map((why) => invalidValue(`${at}.name`, name, why)));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
  }
  errors.push(...portErrors(`${at}.port`, port['port']));
  errors.push(...choiceErrors(`${at}.protocol`, protocol, ['SCTP', 'TCP', 'UDP']));
  errors.push(...portOrNameErrors(`${at}.targetPort`, port['targetPort']));
  if (app !== '')
    errors.push(...isQualifiedName(app).map((why) => invalidValue(`${at}.appProtocol`, app, why)));
  return errors;
}

function affinityErrors(spec: Fields): FieldError[] {
  if (spec['sessionAffinity'] !== 'ClientIP') return [];
  const client = fieldsOf(fieldsOf(spec['sessionAffinityConfig'])['clientIP']);
  const seconds = client['timeoutSeconds'];
  return typeof seconds === 'number' && (seconds <= 0 || seconds > 86_400)
    ? [
        invalidValue(
          'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
          seconds,
          'must be greater than 0 and less than 86400',
        ),
      ]
    : [];
}

function nodePortErrors(type: string, ports: readonly Fields[]): FieldError[] {
  const errors: FieldError[] = [];
  const taken = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const field = `spec.ports[${index}].nodePort`;
    const nodePort = numberOf(port['nodePort']);
    if (nodePort === 0) continue;
    if (type === 'ClusterIP') errors.push(forbidden(field, "may not be used when `type` is 'ClusterIP'"));
    const key = `${textOf(port['protocol'])}/${nodePort}`;
    if (taken.has(key)) errors.push(duplicate(field, nodePort));
    taken.add(key);
  }
  return errors;
}

function samePortErrors(ports: readonly Fields[]): FieldError[] {
  const taken = new Set<string>();
  return ports.flatMap(({ port, protocol }, index) => {
    const key = `${textOf(protocol)}/${numberOf(port)}`;
    if (taken.has(key)) return [duplicate(`spec.ports[${index}]`, goPort(textOf(protocol), numberOf(port)))];
    taken.add(key);
    return [];
  });
}

function goPort(protocol: string, port: number): GoSyntax {
  return new GoSyntax(
    `core.ServicePort{Name:"", Protocol:${JSON.stringify(protocol)}, AppProtocol:(*string)(nil), Port:${port}, TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:""}, NodePort:0}`,
  );
}

/** validateServiceExternalTrafficPolicy, ValidateServiceInternalTrafficFieldsValue. */
function policyErrors(spec: Fields, type: string): FieldError[] {
  const [external, internal] = [textOf(spec['externalTrafficPolicy']), textOf(spec['internalTrafficPolicy'])];
  const policies = ['Cluster', 'Local'];
  const errors: FieldError[] = [];
  if (external !== '') {
    const exposed = type === 'NodePort' || type === 'LoadBalancer' || textsOf(spec['externalIPs']).length > 0;
    if (!exposed)
      errors.push(
        invalidValue(
          'spec.externalTrafficPolicy',
          external,
          'may only be set for externally-accessible services',
        ),
      );
    else if (!policies.includes(external))
      errors.push(notSupported('spec.externalTrafficPolicy', external, policies));
  }
  if (internal !== '' && !policies.includes(internal))
    errors.push(notSupported('spec.internalTrafficPolicy', internal, policies));
  return errors;
}

/** ValidateServiceUpdate: an address that was given stays, unless the service stops having one. */
export function validateServiceUpdate(service: KubeObject, current: KubeObject): FieldError[] {
  const [after, before] = [fieldsOf(service['spec']), fieldsOf(current['spec'])];
  const [wanted, had] = [addressesOf(after), addressesOf(before)];
  const [first] = had;
  if (before['type'] === 'ExternalName' || after['type'] === 'ExternalName') return [];
  if (first === undefined || first === '' || wanted[0] === first) return [];
  return [invalidValue('spec.clusterIPs[0]', goStrings(wanted), 'may not change once set')];
}

/** Whichever of the two fields a client changed (NormalizeClusterIPs). */
function addressesOf(spec: Fields): string[] {
  const [one, list] = [textOf(spec['clusterIP']), textsOf(spec['clusterIPs'])];
  return one !== '' && one !== list[0] ? [one] : list;
}
