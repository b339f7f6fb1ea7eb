import type { KubeObject } from '../../api/objects';
import { kubernetesSchema } from '../../api/schema/kubernetes-schema';
import { apiVersionOf, type ResourceKind } from '../registry';
import { bindings, certificateSigningRequests, leases } from './access';
import { type Column, createdAtColumn, type Description, nameColumn, type Printer } from './column';
import { configMaps, namespaces, secrets, serviceAccounts } from './configuration';
import { events } from './events';
import { nodeMetrics, podMetrics } from './metrics';
import { nodes } from './nodes';
import { pods } from './pods';
import { endpointSlices, endpoints, services } from './services';
import { deployments, replicaSets } from './workloads';

/**
 * The server-side rendering that `kubectl get` asks for; ages are those of the moment, told by the server.
 * Source of columns and cells: pkg/printers/internalversion/printers.go, 1.33.
 */
const printers: Readonly<Record<string, Printer>> = {
  certificatesigningrequests: certificateSigningRequests,
  clusterrolebindings: bindings('ClusterRoleBinding'),
  configmaps: configMaps,
  deployments,
  endpoints,
  endpointslices: endpointSlices,
  events,
  leases,
  namespaces,
  NodeMetrics: nodeMetrics,
  nodes,
  PodMetrics: podMetrics,
  pods,
  replicasets: replicaSets,
  rolebindings: bindings('RoleBinding'),
  secrets,
  serviceaccounts: serviceAccounts,
  services,
};

/** What a kind without a printer gets: k8s.io/apiserver pkg/registry/rest/table.go. */
const plain: Printer = {
  columns: [nameColumn, createdAtColumn],
  cells: ({ metadata }) => [metadata.name, metadata.creationTimestamp ?? '<unknown>'],
};

export type IncludeObject = 'Metadata' | 'Object' | 'None';

/** One row an object. `includeObject` decides what travels with each row. */
export function renderTable(
  kind: ResourceKind,
  objects: readonly KubeObject[],
  options: { readonly resourceVersion: string; readonly includeObject: IncludeObject; readonly now: Date },
): object {
  const printer = printers[kind.storage === 'computed' ? kind.kind : kind.resource] ?? plain;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: options.resourceVersion },
    columnDefinitions: definitionsOf(printer),
    rows: objects.map((object) => {
      const conditions = printer.conditions?.(object) ?? [];
      return {
        cells: printer.cells(object, options.now),
        ...(conditions.length === 0 ? {} : { conditions }),
        ...rowObject(kind, object, options.includeObject),
      };
    }),
  };
}

const definitions = new Map<Printer, readonly object[]>();

function definitionsOf(printer: Printer): readonly object[] {
  const known = definitions.get(printer);
  if (known !== undefined) return known;
  const made = printer.columns.map(definitionOf);
  definitions.set(printer, made);
  return made;
}

function definitionOf({ name, type, format, description, priority }: Column): object {
  return { name, type, format, description: textOf(description), priority };
}

function textOf(description: Description): string {
  if (typeof description === 'string') return description;
  const { fields } = kubernetesSchema.message(description.message);
  return fields.find(({ name }) => name === description.field)?.description ?? '';
}

function rowObject(kind: ResourceKind, object: KubeObject, include: IncludeObject): object {
  switch (include) {
    case 'None':
      return {};
    case 'Object':
      return { object: { ...object, kind: kind.kind, apiVersion: apiVersionOf(kind) } };
    case 'Metadata':
      return {
        object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
      };
  }
  return include satisfies never;
}
