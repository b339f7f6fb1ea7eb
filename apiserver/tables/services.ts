import { type Fields, fieldsOf, itemsOf, numberOf, textOf, textsOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { joinHostPort } from '../../network/network';
import { ageColumn, column, documented, nameColumn, type Printer, wide } from './column';
import { age } from './human-duration';

/** printService. */
export const services: Printer = {
  columns: [
    nameColumn,
    column('Type', documented('core.v1.ServiceSpec', 'type')),
    column('Cluster-IP', documented('core.v1.ServiceSpec', 'clusterIP')),
    column('External-IP', documented('core.v1.ServiceSpec', 'externalIPs')),
    column('Port(s)', documented('core.v1.ServiceSpec', 'ports')),
    ageColumn,
    wide('Selector', documented('core.v1.ServiceSpec', 'selector')),
  ],
  cells: (service, now) => {
    const spec = fieldsOf(service['spec']);
    return [
      service.metadata.name,
      textOf(spec['type']),
      textOf(spec['clusterIP']) || '<none>',
      externalIp(service, spec),
      itemsOf(spec['ports']).map(portText).join(',') || '<none>',
      age(service.metadata.creationTimestamp, now),
      pairsText(fieldsOf(spec['selector'])),
    ];
  },
};

function externalIp(service: KubeObject, spec: Fields): string {
  const external = textsOf(spec['externalIPs']);
  switch (spec['type']) {
    case 'ClusterIP':
    case 'NodePort':
      return external.join(',') || '<none>';
    case 'LoadBalancer': {
      const balancer = fieldsOf(fieldsOf(service['status'])['loadBalancer']);
      const ingress = itemsOf(balancer['ingress']).map(({ ip, hostname }) => textOf(ip) || textOf(hostname));
      const unique = [...new Set(ingress.filter((entry) => entry !== ''))].sort();
      return [...unique, ...external].join(',') || '<pending>';
    }
    case 'ExternalName':
      return textOf(spec['externalName']);
  }
  return '<unknown>';
}

function portText({ port, nodePort, protocol }: Fields): string {
  const node = numberOf(nodePort);
  return node > 0 ? `${port}:${node}/${protocol}` : `${port}/${protocol}`;
}

/** labels.FormatLabels. */
function pairsText(pairs: Fields): string {
  const texts = Object.entries(pairs).map(([key, value]) => `${key}=${value}`);
  return texts.sort().join(',') || '<none>';
}

/** printEndpoints. */
export const endpoints: Printer = {
  columns: [nameColumn, column('Endpoints', documented('core.v1.Endpoints', 'subsets')), ageColumn],
  cells: (object, now) => {
    const subsets = itemsOf(object['subsets']);
    const none = subsets.length === 0 ? '<none>' : '';
    return [
      object.metadata.name,
      withMore(subsets.flatMap(addressesOf), none),
      age(object.metadata.creationTimestamp, now),
    ];
  },
};

function addressesOf(subset: Fields): string[] {
  const ips = itemsOf(subset['addresses']).map(({ ip }) => textOf(ip));
  const ports = itemsOf(subset['ports']);
  if (ports.length === 0) return ips;
  return ports.flatMap(({ port }) => ips.map((ip) => joinHostPort(ip, numberOf(port))));
}

/** printEndpointSlice. */
export const endpointSlices: Printer = {
  columns: [
    nameColumn,
    column('AddressType', documented('discovery.v1.EndpointSlice', 'addressType')),
    column('Ports', documented('discovery.v1.EndpointSlice', 'ports')),
    column('Endpoints', documented('discovery.v1.EndpointSlice', 'endpoints')),
    ageColumn,
  ],
  cells: (slice, now) => [
    slice.metadata.name,
    textOf(slice['addressType']),
    withMore(itemsOf(slice['ports']).map(slicePort), '<unset>'),
    withMore(
      itemsOf(slice['endpoints']).flatMap(({ addresses }) => textsOf(addresses)),
      '<unset>',
    ),
    age(slice.metadata.creationTimestamp, now),
  ],
};

function slicePort({ port, name }: Fields): string {
  if (typeof port === 'number') return String(port);
  return typeof name === 'string' ? name : '*';
}

/** The first three and how many more there are. */
function withMore(all: readonly string[], none: string): string {
  if (all.length > 3) return `${all.slice(0, 3).join(',')} + ${all.length - 3} more...`;
  return all.join(',') || none;
}
